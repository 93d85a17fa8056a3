# shellcheck shell=sh
# .venv: made, filled from the hashed locks, mended when an installation was killed half-way.
# Nothing is written outside the project; deleting .venv starts afresh.

VENV=$ROOT/.venv
PYTHON=$VENV/bin/python
STAMP=$VENV/armature-stamp           # what was installed, and for which locks
UNFINISHED=$VENV/armature-unfinished # exists while an installation runs
NO_LIGHTFM=$VENV/armature-no-lightfm # the tools that were there when LightFM could not be built
NO_ENGINES=$VENV/armature-no-engines # which of implicit and LightGBM could not be installed
LOG=$VENV/armature-install.log
PANGO="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" # what WeasyPrint lays text out with
NEW_ENOUGH='import sys; sys.exit(sys.version_info < (3, 11))'

# prepare run|test: returns when .venv holds what the verb needs; says so only when there is work.
prepare() {
    if is_ready "$1"; then return; fi
    base=$(find_python)
    mkdir -p "$VENV"
    exec 9>"$VENV/armature-lock"
    # The lock belongs to the open file, which this shell shares: the kernel frees it whatever happens.
    "$base" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    is_ready "$1" || install "$(group_for "$1")"
    exec 9>&-
}

# Where the tests' packages were installed they stay, whichever verb finds that locks have changed.
group_for() { if [ -f "$STAMP" ] && [ "$(cut -d' ' -f1 "$STAMP")" = test ]; then echo test; else echo "$1"; fi; }

is_ready() {
    [ ! -e "$UNFINISHED" ] && [ -f "$STAMP" ] && is_usable || return 1
    read -r group key <"$STAMP"
    [ "$key" = "$(stamp_key)" ] || return 1
    [ "$group" = test ] || [ "$group" = "$1" ] || return 1
    [ ! -e "$NO_LIGHTFM" ] || [ "$(cat "$NO_LIGHTFM")" = "$(build_tools)" ]
}

# Is the Python of .venv there, new enough, and the one that was asked for?
is_usable() {
    [ -f "$VENV/pyvenv.cfg" ] && "$PYTHON" -c "$NEW_ENOUGH" 2>/dev/null || return 1
    [ -z "${ARMATURE_PYTHON:-}" ] || [ "$(identity "$PYTHON")" = "$(identity "$ARMATURE_PYTHON")" ]
}

identity() { "$1" -I -c 'import sys; print(sys.base_prefix, *sys.version_info)' 2>/dev/null; }

stamp_key() {
    printf '%s; Python %s; locks %s' "$ROOT" \
        "$("$PYTHON" -I -S -c 'import sys; print(sys.version.split()[0])')" \
        "$(cat "$ROOT"/requirements*.lock | cksum)"
}

find_python() {
    if [ -n "${ARMATURE_PYTHON:-}" ]; then
        "$ARMATURE_PYTHON" -c "$NEW_ENOUGH" 2>/dev/null ||
            die "ARMATURE_PYTHON=$ARMATURE_PYTHON does not run, or is older than Python 3.11"
        echo "$ARMATURE_PYTHON"
        return
    fi
    first_python && return
    if can_apt && apt_install python3 python3-venv; then first_python && return; fi
    die "missing: Python 3.11 or newer (everything runs on it)." \
        "Install it, or name it: ARMATURE_PYTHON=/path/to/python3 ./armature"
}

# Names are tried by running them: version managers leave commands behind that only fail.
first_python() {
    for name in python3.13 python3.12 python3.11 python3 python; do
        if "$name" -c "$NEW_ENOUGH" 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

install() {
    started=$(date +%s)
    if [ -e "$UNFINISHED" ]; then say "mending an installation that did not finish"; fi
    if [ -e "$UNFINISHED" ] || ! is_usable || is_moved; then empty_venv; fi
    : >"$UNFINISHED"
    : >"$LOG"
    [ -f "$VENV/pyvenv.cfg" ] || make_venv
    get_uv
    install_packages "$1"
    printf '%s %s\n' "$1" "$(stamp_key)" >"$STAMP"
    rm -f "$UNFINISHED"
    say "installed in $(($(date +%s) - started)) s"
}

# Scripts in .venv/bin name their folder, so a moved project needs them anew.
is_moved() {
    [ -f "$STAMP" ] || return 1
    case $(cat "$STAMP") in "run $ROOT; "* | "test $ROOT; "*) return 1 ;; esac
}

empty_venv() {
    find "$VENV" -mindepth 1 -maxdepth 1 ! -name cache ! -name armature-lock -exec rm -rf {} +
}

make_venv() {
    say "making .venv with $("$base" --version) ($base)"
    if ! "$base" -c 'import ensurepip, venv' 2>/dev/null; then
        package=$(apt_name "$base")-venv
        if ! { can_apt && apt_install "$package"; }; then
            die "missing: Python's venv module (it makes .venv). To install it:" \
                "sudo apt-get install -y $package"
        fi
    fi
    "$base" -m venv "$VENV" >>"$LOG" 2>&1 || fail "cannot make .venv"
}

# The Debian package of a Python, as in python3.11.
apt_name() { "$1" -c 'import sys; print("python%d.%d" % sys.version_info[:2])'; }

fail() {
    say "$1; the end of $LOG:"
    tail -n 8 "$LOG" >&2
    exit 1
}

pinned_uv() { sed -n 's/^\(uv==[0-9.]*\).*/\1/p' "$ROOT/requirements-uv.lock"; }

# The installer lives in a folder of its own: what it installs from a lock is then all there is.
get_uv() {
    uv=$VENV/installer/bin/uv
    if [ -x "$uv" ] && [ "uv==$("$uv" --version | cut -d' ' -f2)" = "$(pinned_uv)" ]; then return; fi
    say "fetching the installer, $(pinned_uv)"
    rm -rf "$VENV/installer"
    "$PYTHON" -m pip --version >/dev/null 2>&1 || "$PYTHON" -m ensurepip >>"$LOG" 2>&1 || true
    "$PYTHON" -m pip install -q --no-cache-dir --require-hashes --target "$VENV/installer" \
        -r "$ROOT/requirements-uv.lock" >>"$LOG" 2>&1 || fail "cannot fetch the installer"
}

# install_packages run|test: LightFM, implicit and LightGBM where they can be had, else without.
install_packages() {
    lock=requirements.lock
    [ "$1" = run ] || lock=requirements-test.lock
    say "installing $(grep -c '^[A-Za-z].*==' "$ROOT/$lock") packages (a minute or two the first time)"
    rm -f "$NO_LIGHTFM" "$NO_ENGINES"
    sync "$lock" || fail "cannot install the packages"
    add_lightfm || build_tools >"$NO_LIGHTFM"
    add_engines
    add_export
    tell_of_absent
}

add_lightfm() {
    if add requirements-lightfm.lock && imports lightfm; then return; fi
    grep -q 'Failed to build' "$LOG" && can_apt && missing=$(missing_tools) && [ -n "$missing" ] || return 1
    say "LightFM is compiled here"
    # shellcheck disable=SC2086 # a list of package names
    apt_install $missing && add requirements-lightfm.lock && imports lightfm
}

# Wheels, of which LightGBM's needs the machine's own OpenMP. One that does not load is taken out again.
add_engines() {
    add requirements-engines.lock || true
    if ! imports lightgbm && grep -q 'libgomp' "$LOG" && can_apt; then apt_install libgomp1 || true; fi
    for engine in implicit lightgbm; do
        if imports "$engine"; then continue; fi
        echo "$engine" >>"$NO_ENGINES"
        run_uv pip uninstall -q --python "$PYTHON" "$engine" >>"$LOG" 2>&1 || true
    done
}

# PDF and PNG: wheels, of which WeasyPrint's needs the system's Pango. The page says what is missing.
add_export() {
    add requirements-export.lock || true
    if imports resvg_py && imports weasyprint; then return; fi
    # shellcheck disable=SC2086 # a list of package names
    if can_apt && apt_install $PANGO && imports weasyprint && imports resvg_py; then return; fi
    say "reports cannot be made into PDF or PNG: WeasyPrint, resvg or Pango is absent ($LOG says why)." \
        "For Pango: sudo apt-get install -y $PANGO"
}

# Half a gigabyte that only tests of one engine need: it comes with the whole run, where it can be had.
need_spark() {
    need "Java" "Spark runs on it" has_java openjdk-17-jre-headless
    if imports pyspark; then return; fi
    say "installing Spark (430 MB), which a report's statements are tested on"
    add requirements-spark.lock && imports pyspark ||
        say "Spark is absent: it could not be installed ($LOG says why); its tests are skipped"
}

# gbstats, which benchmarks stand beside, needs a numpy older than ours: it gets a Python of its own.
need_peers() {
    peers=$VENV/peers
    if "$peers/bin/python" -I -c 'import gbstats' 2>/dev/null; then return; fi
    say "installing gbstats beside .venv's own packages"
    rm -rf "$peers"
    run_uv venv -q --python "$PYTHON" "$peers" >>"$LOG" 2>&1 &&
        run_uv pip install --require-hashes --python "$peers/bin/python" \
            -r requirements-peers.lock >>"$LOG" 2>&1 ||
        say "gbstats is absent: it could not be installed ($LOG says why)"
}

imports() { "$PYTHON" -I -c "import $1" >>"$LOG" 2>&1; }

sync() { run_uv pip sync --require-hashes --python "$PYTHON" "$@" >>"$LOG" 2>&1; }

# LIGHTFM_NO_CFLAGS: LightFM would build for this very processor, and die on an older one.
add() { LIGHTFM_NO_CFLAGS=1 run_uv pip install --require-hashes --python "$PYTHON" -r "$1" >>"$LOG" 2>&1; }

run_uv() { (cd "$ROOT" && UV_CACHE_DIR=${UV_CACHE_DIR:-$VENV/cache} "$VENV/installer/bin/uv" "$@"); }

header() { "$PYTHON" -I -c 'import sysconfig; print(sysconfig.get_path("include") + "/Python.h")'; }

has_header() { [ -f "$(header)" ]; }

build_tools() { echo "compiler: $(command -v cc || command -v gcc || echo none)," \
    "header: $(if has_header; then echo present; else echo none; fi)"; }

# The packages that would bring a compiler and, for the system's own Python, its headers.
missing_tools() {
    set --
    if ! has cc && ! has gcc; then set -- gcc libc6-dev; fi
    case $("$PYTHON" -c 'import sys; print(sys._base_executable)') in
        /usr/bin/*) if ! has_header; then set -- "$@" "$(apt_name "$PYTHON")-dev"; fi ;;
    esac
    echo "$*"
}

tell_of_absent() {
    tell_if_no_lightfm
    if [ ! -e "$NO_ENGINES" ]; then return; fi
    for engine in $(cat "$NO_ENGINES"); do
        say "$engine is absent: it could not be installed ($LOG says why). To try again: rm '$STAMP'"
    done
}

tell_if_no_lightfm() {
    if [ ! -e "$NO_LIGHTFM" ]; then return; fi
    missing=$(missing_tools)
    if [ -n "$missing" ]; then
        say "LightFM is absent: it could not be compiled. It is added at the next start after:" \
            "sudo apt-get install -y $missing"
    else
        say "LightFM is absent: it could not be built ($LOG says why). To try again: rm '$NO_LIGHTFM' '$STAMP'"
    fi
}
