# shellcheck shell=sh
# What the launcher says, and what it may install on the machine itself.

say() { printf 'armature: %s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

can_apt() { [ "$(id -u)" = 0 ] && has apt-get; }

# Installs Debian packages; their servers are not started (RUNLEVEL=1), for ours are private.
apt_install() {
    say "installing $* with apt-get"
    APT_LOG=$(mktemp)
    {
        RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq update || true
        RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
            -o DPkg::Lock::Timeout=300 "$@"
    } >"$APT_LOG" 2>&1 </dev/null && status=0 || status=$?
    [ "$status" = 0 ] || { say "apt-get could not install $*:"; tail -n 3 "$APT_LOG" >&2; }
    rm -f "$APT_LOG"
    return "$status"
}

# need WHAT WHY TEST PACKAGES…: installs what is missing, or names it, why, and the command.
need() {
    what=$1 why=$2 test=$3
    shift 3
    if "$test"; then return; fi
    if can_apt && apt_install "$@" && "$test"; then return; fi
    say "missing: $what ($why). To install it: sudo apt-get install -y $*"
}

has_postgresql() {
    for initdb in /usr/lib/postgresql/*/bin/initdb; do
        if [ -x "$initdb" ]; then return; fi
    done
    has initdb
}

has_redis() { has redis-server; }

has_wrk() { has wrk; }

has_java() { has java; }

has_npm() { has npm; }

has_chromium() { has chromium || has chromium-browser || has google-chrome; }
