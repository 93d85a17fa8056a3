"""An installation of its own for one errand: a temporary folder, a database and broker of files."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.driving.stages import StageFailed
from config.running import ROOT

COMMAND = "aa_apart"
TOLD, ANSWERS = "told.json", "answers.json"
PREFIX = "armature-aa-"
LONGEST_S = 3_600


def ask_apart(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the splits came to in an installation that is thrown away afterwards.

    Neither this installation's database nor its broker or caches are known to it. Raises
    StageFailed with the last words of one that did not come to its end.
    """
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        (folder / TOLD).write_text(json.dumps(told))
        with (folder / "said.log").open("w+") as said:
            done = subprocess.run(
                [sys.executable, str(ROOT / "manage.py"), COMMAND, str(folder)],
                env=_environment(folder),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=said,
                timeout=LONGEST_S,
                check=False,
            )
        if done.returncode != 0:
            raise StageFailed(f"the splits over HTTP failed: {_last_words(folder)}")
        answers: list[dict[str, Any]] = json.loads((folder / ANSWERS).read_text())
    return answers


def _environment(folder: Path) -> dict[str, str]:
    """Return this process's environment without anything that names this installation."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ARMATURE_") and name != "DATABASE_URL"
    }
    return {
        **kept,
        "DATABASE_URL": "",  # named though empty: nothing else may be found for it
        "ARMATURE_DATA_DIR": str(folder),
        "ARMATURE_LOG_LEVEL": "ERROR",
        # One machine asks for all splits: no key of a shop comes near to it.
        "ARMATURE_RATE_LIMIT": "1000000",
    }


def _last_words(folder: Path) -> str:
    """Return the end of what was written down, for a reader who has nothing else to go by."""
    words = ""
    for name in ("said.log", "aa.log"):
        path = folder / name
        words += path.read_text(errors="replace")[-1_500:] if path.exists() else ""
    return words.strip() or "it said nothing"
