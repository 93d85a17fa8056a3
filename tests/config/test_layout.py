"""The folder platform/ must not hide Python's own module of that name."""

import subprocess
import sys
from pathlib import Path

from tests.checks import ROOT, clean_environment


def test_platform_folder__is_no_package() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_manage_check__in_a_process_of_its_own__finds_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "check"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
