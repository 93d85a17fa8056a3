"""`bench analysis` on few rows: every way runs, and all of them agree before a figure is told."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks._analysis.aims import Aim
from tests.checks import ROOT, clean_environment
from tests.services import MissingServerError, postgresql_bin, redis_server


@pytest.mark.slow
def test_analysis__quick__measures_every_way_the_refresh_and_the_statistics(
    tmp_path: Path,
) -> None:
    try:
        postgresql_bin(), redis_server()
    except MissingServerError as error:
        pytest.skip(str(error))
    file = tmp_path / "figures.json"

    done = subprocess.run(
        [sys.executable, "-P", "-m", "config.bench", "analysis", "--quick", "--json", file],
        cwd=ROOT,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text())
    assert len(found["taken"]) == 8
    assert all(min(way["seconds"]) > 0 for way in found["taken"])
    assert all(way["peak_mib"]["process"] > 0 for way in found["taken"])
    assert all(way["name"] in done.stdout for way in found["taken"])
    assert min(found["refreshed"]["kept_up_s"]) > 0
    assert len(found["aims"]) >= 8
    assert all(min(aim["ratios"]) > 0 for aim in found["aims"])


@pytest.mark.parametrize(("ratios", "is_met"), [((0.9, 3.0, 1.0), True), ((1.1, 0.1, 1.2), False)])
def test_aim__its_median__tells_whether_it_is_met(ratios: tuple[float, ...], is_met: bool) -> None:
    assert Aim("a way, of another's time", 1.0, ratios).is_met == is_met
