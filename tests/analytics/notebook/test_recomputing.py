"""The notebook agrees with the report, whatever way it was analysed, and only where it should."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from analytics.models import Analysis, AnalysisSettings, Metric
from analytics.notebook.files import write_files
from experiments.models import Experiment, Exposure, Slate
from tests.analytics.notebook.executing import recomputed, run_notebook
from tests.analytics.past import a_run_with_past, visited_before
from tests.analytics.rows import Shares, a_run
from tests.analytics.web.reports import analyse
from tests.analytics.web.rich import ROLES, THREE, a_rich_run, behaviour, choose

pytestmark = pytest.mark.django_db

UNEQUAL = {"control": Shares(520, 0.25, 0.2), "treatment": Shares(560, 0.4, 0.3)}
# A quantile of many values, one of few, and a share of the units whose day is over.
BESIDE = tuple((key, "secondary", None) for key in ("latency_p95", "basket_p90", "back_on_day_7"))
FEW = {"control": Shares(40, 0.25, 0.2), "treatment": Shares(45, 0.4, 0.3)}
FIXED: dict[str, Any] = {"monitoring": "fixed", "planned_days": 14}


def row_of(analysis: Analysis, key: str) -> dict[str, Any]:
    """Return a metric's row of the report."""
    return next(row for row in analysis.report["metrics"] if row["key"] == key)


def test_notebook__of_a_fixed_horizon__agrees(tmp_path: Path) -> None:
    analysis = analyse(a_run(UNEQUAL, **FIXED))

    printed = recomputed(analysis, tmp_path)

    found = row_of(analysis, "revenue_per_unit")["comparisons"]["treatment"]
    assert found["df"] is not None
    assert "p of the split" in printed


def watched() -> Analysis:
    """Return a report whose results may be read at every look, of few metrics."""
    experiment = a_run(UNEQUAL, planned_units=1_200)
    choose(experiment, ROLES)
    return analyse(experiment)


def test_notebook__of_watched_results__agrees(tmp_path: Path) -> None:
    analysis = watched()

    recomputed(analysis, tmp_path)

    found = row_of(analysis, "conversion")["comparisons"]["treatment"]
    assert (found["monitoring"], found["df"]) == ("always_valid", None)
    assert found["p_value"] < 0.05


def test_notebook__of_capped_revenue_with_a_past__agrees(tmp_path: Path) -> None:
    analysis = analyse(a_run_with_past(UNEQUAL, **FIXED))

    printed = recomputed(analysis, tmp_path)

    row = row_of(analysis, "revenue_per_unit")
    assert row["cap"]
    assert row["comparisons"]["treatment"]["variance_ratio"] < 0.9
    theta = re.search(r"θ: {'revenue_per_unit': ([\d.]+)}", printed)
    assert theta is not None
    assert 0.2 < float(theta[1]) < 1.2


def test_notebook__of_a_cap_from_before_the_start__agrees_and_says_that_it_is_given(
    tmp_path: Path,
) -> None:
    experiment = a_run_with_past(UNEQUAL, has_ended=False)
    visited_before(experiment, [3_000 + 2 * number for number in range(60)])
    analysis = analyse(experiment)

    printed = recomputed(analysis, tmp_path)

    assert row_of(analysis, "revenue_per_unit")["cap"]
    assert "metrics/*/cap, 1 numbers (fixed before the start" in printed


def test_notebook__of_three_variants_and_ratios__agrees(tmp_path: Path) -> None:
    experiment = a_rich_run(520)
    choose(experiment, BESIDE)
    Metric.objects.filter(key__in=["aov", "conversion"]).update(uses_cuped=True)
    latency = Metric.objects.get(key="latency_p95")
    latency.numerator["quantile"] = 0.5
    latency.save()
    Slate.objects.update(latency_us=1_000 + F("id") * 7919 % 90_000)

    analysis = analyse(experiment)
    recomputed(analysis, tmp_path)

    found = row_of(analysis, "revenue_per_unit")["comparisons"]
    assert {each["adjustment"] for each in found.values()} == {"holm"}
    assert row_of(analysis, "aov")["comparisons"]["hybrid"]["kind"] == "ratio"
    assert row_of(analysis, "latency_p95")["comparisons"]["hybrid"]["p_value"] is not None


def cut_by_device(**fields: Any) -> Analysis:
    """Return a report that cuts units by their device, of some of whom it is not known."""
    experiment = a_rich_run(300, **fields)
    Metric.objects.filter(key__in=["aov", "conversion"]).update(uses_cuped=True)
    some = Exposure.objects.filter(experiment=experiment, unit_id__endswith="7")
    assert some.update(attributes={})
    return analyse(experiment)


@pytest.mark.parametrize("fields", [FIXED, {}], ids=["fixed", "watched"])
def test_notebook__of_segments__recomputes_all_of_them(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    analysis = cut_by_device(**fields)

    printed = recomputed(analysis, tmp_path)

    found = analysis.report["segments"]
    assert {each["attribute"] for each in found} >= {"device"}
    assert any(each["value"] == "(unknown)" for each in found[0]["values"])
    assert f"{len(found)} cuts into segments" in printed
    assert "Not recomputed: segments" not in printed


def test_notebook__of_a_changed_segment__stops_there(tmp_path: Path) -> None:
    analysis = cut_by_device(**FIXED)
    notebook, file, _units = write_files(analysis, tmp_path, actor="ines")
    cuts = enumerate(analysis.report["segments"])
    cut, values = next((n, each["values"]) for n, each in cuts if each["adjusted_p"] is not None)
    value = next(n for n, each in enumerate(values) if each["shrunk"] is not None)
    places: list[tuple[Any, ...]] = [("segments", cut, "interaction_p")]
    places += [("segments", cut, "adjusted_p")]
    places += [("segments", cut, "values", value, n) for n in ("n_control", "lift", "shrunk")]
    names = [f"changed-{number}.json" for number in range(len(places))]
    for name, path in zip(names, places, strict=True):
        changed = json.loads(file.read_text())
        change(changed["results"], path)
        (tmp_path / name).write_text(json.dumps(changed))

    done = run_notebook(tmp_path, notebook.name, *names)

    told = [line for line in done.stdout.splitlines() if line.startswith("changed-")]
    assert len(told) == len(places)
    for line, name, path in zip(told, names, places, strict=True):
        assert line.startswith(f"{name} {path}: the report has")


@pytest.mark.parametrize("correction", ["dunnett", "bonferroni", "benjamini_hochberg"])
def test_notebook__of_other_corrections__agrees(tmp_path: Path, correction: str) -> None:
    experiment = a_run(behaviour(60), variants=list(THREE), **FIXED)
    choose(experiment, ROLES)
    AnalysisSettings.objects.create(experiment=experiment, correction=correction, alpha=0.1)
    analysis = analyse(experiment)

    recomputed(analysis, tmp_path)

    found = row_of(analysis, "revenue_per_unit")["comparisons"]["hybrid"]
    assert found["adjustment"] == correction


@pytest.mark.parametrize("units", [0, 3])
def test_notebook__of_hardly_any_unit__agrees(tmp_path: Path, units: int) -> None:
    recomputed(analyse(a_run(dict.fromkeys(UNEQUAL, Shares(units, 0.5)))), tmp_path)


def test_notebook__of_hostile_names__runs_none_of_them(tmp_path: Path) -> None:
    evil = "'''\"\"\"\n```python\nraise SystemExit(7)\n```\n</script>{{x}}"
    experiment = a_run(FEW, **FIXED)
    Metric.objects.update(name=evil, description=evil, owner=evil)
    experiment.variants.update(name=evil)
    Experiment.objects.filter(pk=experiment.pk).update(name=evil, hypothesis=evil)
    analysis = analyse(Experiment.objects.get(pk=experiment.pk))

    recomputed(analysis, tmp_path)

    (notebook,) = tmp_path.glob("*.ipynb")
    source = notebook.read_text()
    assert "SystemExit" not in source
    assert "</script>" not in source


def changed_places(report: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield places of a report that the notebook has to know."""
    row = next(i for i, each in enumerate(report["metrics"]) if each["role"] == "primary")
    found = ("metrics", row, "comparisons", "treatment")
    yield "split", "p_value"
    yield "variants", 0, "units"
    yield "metrics", row, "values", "control", "value"
    yield *found, "p_value"
    yield *found, "interval", "low"
    yield *found, "lift_interval", "high"
    yield *found, "levels", "80", 0
    yield *found, "effect_levels", "99", 1


def change(report: dict[str, Any], path: tuple[Any, ...]) -> None:
    """Change the number at a place by a millionth of itself, or a count by one."""
    for step in path[:-1]:
        report = report[step]
    value = report[path[-1]]
    report[path[-1]] = value + 1 if isinstance(value, int) else value * (1 + 1e-6)


def test_notebook__of_a_changed_number__stops_there(tmp_path: Path) -> None:
    notebook, file, _units = write_files(watched(), tmp_path, actor="ines")
    exported = json.loads(file.read_text())
    places = list(changed_places(exported["results"]))
    names = [f"changed-{number}.json" for number in range(len(places))]
    for name, path in zip(names, places, strict=True):
        changed = json.loads(file.read_text())
        change(changed["results"], path)
        (tmp_path / name).write_text(json.dumps(changed))
    exported["results"]["later"] = {"number": 7}
    (tmp_path / "later.json").write_text(json.dumps(exported))

    done = run_notebook(tmp_path, notebook.name, *names, "later.json")

    lines = done.stdout.splitlines()
    for name, path in zip(names, places, strict=True):
        (told,) = [line for line in lines if line.startswith(f"{name} ")]
        assert told.startswith(f"{name} {path}: the report has")
    assert lines[-1].startswith("later.json ('later', 'number') was neither recomputed")


def test_notebook__of_files_of_two_analyses__stops(tmp_path: Path) -> None:
    experiment = a_run(FEW, **FIXED)
    first, second = analyse(experiment), analyse(experiment)
    *_others, units = write_files(first, tmp_path, actor="ines")
    old = units.read_bytes()
    notebook, *_others = write_files(second, tmp_path, actor="ines")
    units.write_bytes(old)

    done = run_notebook(tmp_path, notebook.name)

    assert done.returncode != 0
    assert "the files are of two analyses" in done.stderr
