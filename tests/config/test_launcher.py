"""The launcher `armature`, in a project of its own whose folder has a space in its name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = (
    "sh",
    "cat",
    "cksum",
    "command",
    "dirname",
    "find",
    "grep",
    "id",
    "mkdir",
    "readlink",
    "rm",
)
ECHO = "import os, sys; print(sys.argv[1:], os.getcwd()); sys.exit(7 if 'fail' in sys.argv else 0)"
FUNCTIONS = '. "$ROOT/platform/launcher/machine.sh"; . "$ROOT/platform/launcher/environment.sh"; '


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with the launcher, two locks and a manage.py that repeats its arguments."""
    root = tmp_path / "a project"
    shutil.copytree(ROOT / "platform" / "launcher", root / "platform" / "launcher")
    shutil.copy(ROOT / "armature", root)
    (root / "requirements.lock").write_text("one==1\n")
    (root / "requirements-uv.lock").write_text("uv==1.2.3 \\\n    --hash=sha256:0\n")
    (root / "manage.py").write_text(ECHO)
    return root


@pytest.fixture
def installed(project: Path) -> Path:
    """Return the project with a finished .venv, as an installation leaves it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project / ".venv"], check=True)
    shell(project, 'printf "run %s\\n" "$(stamp_key)" >"$STAMP"')
    return project


def environment(**extra: str) -> dict[str, str]:
    names = ("PATH", "HOME", "TMPDIR")
    return {name: os.environ[name] for name in names if name in os.environ} | extra


def armature(
    project: Path, *arguments: str, cwd: Path | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    argv = [str(project / "armature"), *arguments]
    return subprocess.run(
        argv, cwd=cwd, env=environment(**env), capture_output=True, text=True, check=False
    )


def shell(project: Path, code: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run shell code with the launcher's functions, as the launcher itself would."""
    argv = ["sh", "-eu", "-c", FUNCTIONS + code]
    return subprocess.run(
        argv,
        env=environment(ROOT=str(project), **env),
        capture_output=True,
        text=True,
        check=False,
    )


def is_ready(project: Path, group: str = "run", **env: str) -> bool:
    return shell(project, f"is_ready {group}", **env).returncode == 0


def bare_path(folder: Path) -> Path:
    """Return a folder to use as PATH: the shell's usual tools, no Python and no apt-get."""
    folder.mkdir()
    for name in TOOLS:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return folder


def script(file: Path, text: str) -> None:
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"]])
def test_help__in_any_spelling__lists_the_verbs(project: Path, arguments: list[str]) -> None:
    answer = armature(project, *arguments)

    assert answer.returncode == 0
    verbs = ("demo", "up", "manage", "test", "check", "bench", "agree", "lock")
    assert all(f"\n  {verb}" in answer.stdout for verb in verbs)


def test_verb__unknown__ends_with_2_and_the_usage(project: Path) -> None:
    answer = armature(project, "dance")

    assert answer.returncode == 2
    assert answer.stdout == ""
    assert answer.stderr.startswith("armature: there is no verb 'dance'\nusage: ./armature VERB\n")


def test_manage__everything_in_place__only_runs_the_command(
    installed: Path, tmp_path: Path
) -> None:
    answer = armature(installed, "manage", "two words", "*", cwd=tmp_path)

    assert answer.stdout == f"{['two words', '*']} {tmp_path.resolve()}\n"
    assert answer.stderr == ""
    assert answer.returncode == 0


def test_manage__command_fails__ends_with_its_exit_code(installed: Path) -> None:
    assert armature(installed, "manage", "fail").returncode == 7


def test_launcher__called_through_a_link__finds_its_project(
    installed: Path, tmp_path: Path
) -> None:
    link = tmp_path / "armature"
    link.symlink_to(installed / "armature")

    answer = subprocess.run(
        [link, "manage", "x"], env=environment(), capture_output=True, text=True
    )

    assert answer.stdout.startswith("['x']")


def test_ready__a_lock_changes__is_not(installed: Path) -> None:
    assert is_ready(installed)

    (installed / "requirements.lock").write_text("one==2\n")

    assert not is_ready(installed)


def test_ready__installation_was_killed__is_not(installed: Path) -> None:
    (installed / ".venv" / "armature-unfinished").touch()

    assert not is_ready(installed)


def test_ready__tests_need_more_than_was_installed__is_not(installed: Path) -> None:
    assert not is_ready(installed, "test")

    shell(installed, 'printf "test %s\\n" "$(stamp_key)" >"$STAMP"')

    assert is_ready(installed, "test")
    assert is_ready(installed, "run")


def test_ready__project_was_moved__is_not(installed: Path, tmp_path: Path) -> None:
    moved = installed.rename(tmp_path / "another place")

    assert not is_ready(moved)
    assert shell(moved, "is_moved").returncode == 0


def test_ready__its_python_is_gone__is_not(installed: Path) -> None:
    python = installed / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/no/such/python3")

    assert not is_ready(installed)


def test_ready__asked_for_this_python__is(installed: Path) -> None:
    assert is_ready(installed, ARMATURE_PYTHON=sys.executable)


def test_ready__lightfm_is_absent__is_until_a_compiler_appears(
    installed: Path, tmp_path: Path
) -> None:
    path = str(bare_path(tmp_path / "bin"))
    shell(installed, 'build_tools >"$NO_LIGHTFM"', PATH=path)
    assert is_ready(installed, PATH=path)

    script(tmp_path / "bin" / "gcc", "exit 0")

    assert not is_ready(installed, PATH=path)


def test_python__named_but_unusable__is_named_in_one_line(project: Path) -> None:
    answer = armature(project, "manage", "check", ARMATURE_PYTHON="/no/such/python")

    assert answer.returncode == 1
    assert answer.stderr == (
        "armature: ARMATURE_PYTHON=/no/such/python does not run, or is older than Python 3.11\n"
    )
    assert not (project / ".venv").exists()


def test_python__none_to_be_had__says_what_is_missing_and_why(
    project: Path, tmp_path: Path
) -> None:
    answer = armature(project, "manage", "check", PATH=str(bare_path(tmp_path / "bin")))

    assert answer.returncode == 1
    assert answer.stderr.startswith("armature: missing: Python 3.11 or newer (everything runs on")
    assert answer.stderr.count("\n") == 1


def test_python__a_newer_command_that_only_fails__is_passed_over(
    project: Path, tmp_path: Path
) -> None:
    path = bare_path(tmp_path / "bin")
    script(path / "python3.13", "echo 'python3.13: command not found' >&2; exit 127")
    (path / "python3").symlink_to(sys.executable)

    answer = shell(project, "find_python", PATH=str(path))

    assert answer.stdout == f"{path / 'python3'}\n"
    assert answer.stderr == ""


def test_need__cannot_be_installed__names_what_why_and_the_command(
    project: Path, tmp_path: Path
) -> None:
    code = 'need "Redis" "the tests run on it" has_redis redis-server'

    answer = shell(project, code, PATH=str(bare_path(tmp_path / "bin")))

    assert answer.stderr == (
        "armature: missing: Redis (the tests run on it)."
        " To install it: sudo apt-get install -y redis-server\n"
    )
    assert answer.returncode == 0


def test_lightfm__absent_for_want_of_a_compiler__says_how_to_get_it(
    installed: Path, tmp_path: Path
) -> None:
    path = str(bare_path(tmp_path / "bin"))
    shell(installed, 'build_tools >"$NO_LIGHTFM"', PATH=path)

    answer = shell(installed, "tell_if_no_lightfm", PATH=path)

    assert "LightFM is absent" in answer.stderr
    assert "sudo apt-get install -y gcc libc6-dev" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_prepare__two_at_once__installs_once(installed: Path) -> None:
    (installed / ".venv" / "armature-stamp").unlink()
    # Everything but the installation itself is the launcher's own.
    code = (
        'install() { echo once >>"$ROOT/count"; sleep 0.5;'
        ' printf "%s %s\\n" "$1" "$(stamp_key)" >"$STAMP"; }; prepare run'
    )
    argv = ["sh", "-eu", "-c", FUNCTIONS + code]
    env = environment(ROOT=str(installed), ARMATURE_PYTHON=sys.executable)

    both = [subprocess.Popen(argv, env=env) for _ in range(2)]

    assert [process.wait(30) for process in both] == [0, 0]
    assert (installed / "count").read_text() == "once\n"


def test_install__after_a_killed_one__begins_with_an_empty_environment(installed: Path) -> None:
    leftover = installed / ".venv" / "lib" / "half-a-package"
    leftover.mkdir()
    cached = installed / ".venv" / "cache"
    cached.mkdir()

    answer = shell(installed, "empty_venv")

    assert answer.returncode == 0
    assert not leftover.exists()
    assert cached.exists()


@pytest.mark.parametrize(
    ("before", "asked", "due"),
    [("test", "run", "test"), ("run", "test", "test"), ("run", "run", "run")],
)
def test_install__locks_have_changed__keeps_the_tests_packages_where_they_were(
    installed: Path, before: str, asked: str, due: str
) -> None:
    (installed / ".venv" / "armature-stamp").write_text(f"{before} elsewhere; locks 1\n")

    assert shell(installed, f"group_for {asked}").stdout == f"{due}\n"


def test_engines__one_could_not_be_installed__is_named_at_the_start(installed: Path) -> None:
    (installed / ".venv" / "armature-no-engines").write_text("lightgbm\n")

    answer = shell(installed, "tell_of_absent")

    assert answer.stderr.startswith("armature: lightgbm is absent: it could not be installed")
    assert answer.stderr.count("\n") == 1


def test_engines__none_can_be_installed__the_installation_goes_on_and_notes_both(
    installed: Path,
) -> None:
    # An installer that always fails, as where the registry cannot be reached.
    code = 'run_uv() { echo "no such host"; return 1; }; add_engines; cat "$NO_ENGINES"'

    answer = shell(installed, code, PATH=str(Path("/usr/bin")) + ":/bin")

    assert answer.returncode == 0
    assert answer.stdout == "implicit\nlightgbm\n"
