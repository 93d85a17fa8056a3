"""`calibrate`: every figure agrees with its target, and what is written says so."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analytics.stats.calibration.rows import Row, Target
from config.calibration.printing import markdown, summary
from config.driving.background import console_on
from config.management.commands.calibrate import publish


def _row(name: str, ours: float) -> Row:
    return Row("Study", name, Target(0.05, 0.05), ours, 0.001)


@pytest.mark.slow
def test_calibrate__quick__holds_every_figure_within_its_tolerance(tmp_path: Path) -> None:
    out, file = io.StringIO(), tmp_path / "figures.json"

    call_command("calibrate", "--quick", "--seed", "1", "--json", file, stdout=out)

    rows = json.loads(file.read_text())["rows"]
    strayed = [row["name"] for row in rows if not row["is_within"]]
    assert strayed == []
    assert len(rows) > 150
    # Tolerances that are wider than the figures would let everything pass.
    assert all(row["tolerance"] < 0.15 for row in rows if row["ours"] < 2)
    assert f"{len(rows)} of {len(rows)} figures lie within" in out.getvalue()


def test_publish__figure_that_strays__is_an_error_that_names_it(tmp_path: Path) -> None:
    rows, out = [_row("good", 0.05), _row("bad", 0.2)], io.StringIO()
    page, file = tmp_path / "page.md", tmp_path / "figures.json"
    options = {"seed": 1, "quick": True, "json": file, "markdown": page}

    with pytest.raises(CommandError, match=r"1 of 2 figures.*Outside: Study, bad"):
        publish(rows, console_on(out), options)

    assert "| bad | 0.0500 | 0.2000 | 0.0010 | 0.0045 | **no** |" in page.read_text()
    assert [row["is_within"] for row in json.loads(file.read_text())["rows"]] == [True, False]
    assert "0.2000" in out.getvalue()


@pytest.mark.parametrize("seed", ["-1", "x", "1.5"])
def test_calibrate__seed_that_is_none__is_refused(seed: str) -> None:
    with pytest.raises(CommandError, match="whole number from 0"):
        call_command("calibrate", f"--seed={seed}")


def test_markdown__of_rows__names_the_command_and_counts_what_agrees() -> None:
    rows = [_row("good", 0.05)]

    page = markdown(rows, seed=3, is_quick=True)

    assert "`./armature manage calibrate --quick --seed 3 --markdown docs/calibration.md`" in page
    assert summary(rows) == "1 of 1 figures lie within their tolerance."
    assert "## Study\n" in page
