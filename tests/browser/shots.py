"""Pictures of every state of the report: `python -m tests.browser.shots [FOLDER]`.

Runs the tests that look at the states with ARMATURE_SHOTS set, and says which pictures came out
larger than the repository wants them. Without a folder they go to docs/screens/states, where only
the most telling ones are kept; then each page is cut to its beginning.
"""

import os
import subprocess
import sys
from pathlib import Path

KEPT = Path("docs/screens/states")
MOST_BYTES = 300_000
TESTS = "tests/browser/test_report_states.py"


def main(arguments: list[str]) -> int:
    """Write the pictures; returns 1 where a test fails or a kept picture is too large."""
    folder = Path(arguments[0]) if arguments else KEPT
    folder.mkdir(parents=True, exist_ok=True)
    told = {"ARMATURE_SHOTS": str(folder), "ARMATURE_SHOTS_KEPT": "" if arguments else "1"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", TESTS], env=os.environ | told, check=False
    )
    large = [] if arguments else _too_large(folder)
    for path in large:
        sys.stderr.write(f"{path} has more than {MOST_BYTES} bytes\n")
    return 1 if run.returncode or large else 0


def _too_large(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.png")) if path.stat().st_size > MOST_BYTES]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
