"""`bench recommenders` on a tiny shop: all parts run, and books of memory are the kernel's."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checks import ROOT, clean_environment

pytest.importorskip("lightfm")
pytest.importorskip("implicit")


def test_recommenders__quick__measures_learning_lists_blocks_memory_waiting_and_aims(
    tmp_path: Path,
) -> None:
    file = tmp_path / "figures.json"

    done = subprocess.run(
        [sys.executable, "-P", "-m", "config.bench", "recommenders", "--quick", "--json", file],
        cwd=ROOT,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    (run,) = json.loads(file.read_text())
    figures = [figure for report in run["reports"] for figure in report["figures"]]
    assert len(run["reports"]) == 5
    assert all(figure["median_us"] > 0 for figure in figures)
    assert all(figure["name"] in done.stdout for figure in figures)
    assert len(run["aims"]) == 9
    assert all(math.isfinite(found["ratio"]) and found["ratio"] > 0 for found in run["aims"])
    assert all(0 < each["median_ms"] <= each["slowest_ms"] for each in run["waited"])
    assert all(each["name"] in done.stdout for each in run["waited"])
    first_acts = [each for each in run["waited"] if "stranger" in each["name"] and each["moved"]]
    assert all(each["moved"] == each["lists"] > 0 for each in first_acts)
    assert len(first_acts) == 3
    alone, together, *unpickled = run["held"]
    assert together["mapped_rss"] == alone["mapped_rss"] > 0
    # Pages that two processes map count for half in each; whatever else opens them, for less.
    assert together["mapped_pss"] < 0.6 * alone["mapped_pss"]
    assert all(each["mapped_rss"] == 0 < each["own"] for each in unpickled)
