"""One experiment, one set of numbers: from rollups, rows, exported days and single units."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from analytics.engines.choosing import engine_over
from analytics.engines.current import IN_USE
from analytics.models import Metric
from analytics.reporting.reach import period_to_read
from analytics.reporting.report import compute_report
from analytics.reporting.scope import data_cut_us
from experiments.models import Event, Experiment, Exposure
from tests.analytics.engines.exported import need_spark
from tests.analytics.notebook.executing import recomputed
from tests.analytics.rollups.kept import keep
from tests.analytics.rows import event
from tests.analytics.web.reports import analyse
from tests.analytics.web.rich import a_rich_run

pytestmark = pytest.mark.django_db

# Units and numerators by variant in the order of set-up, the same on every database.
EXPECTED = {
    "revenue_per_unit": [(120, 297_979), (120, 609_618), (120, 372_257)],
    "conversion": [(120, 24), (120, 43), (120, 26)],
    "aov": [(120, 297_979), (120, 609_618), (120, 372_257)],
    "ctr": [(120, 36), (120, 43), (120, 34)],
}
RELATIVE, ABSOLUTE = 1e-9, 1e-12
TOLD = ("source", "note")  # where sums were read from


@pytest.fixture
def experiment() -> Experiment:
    """Return three variants with clicks, carts of repeated orders, a past, a cap and a ratio."""
    experiment = a_rich_run(120, monitoring="fixed", planned_days=14, has_ended=False)
    Metric.objects.update(uses_cuped=False, winsor=None)
    Metric.objects.filter(key__in=["revenue_per_unit", "aov"]).update(uses_cuped=True, winsor=0.98)
    first = Exposure.objects.filter(experiment=experiment).values_list("unit_id", "first_at")
    begun = dict(first)
    Event.objects.bulk_create(
        event(
            order.site,
            "purchase",
            begun[order.visitor_id] - (order.occurred_at - begun[order.visitor_id]) / 2,
            visitor_id=order.visitor_id,
            amount=order.amount,
            order_ref=f"{order.order_ref}-before",
        )
        for number, order in enumerate(Event.objects.filter(type="purchase").order_by("pk"))
        if number % 3
    )
    return experiment


def metrics_by(experiment: Experiment, *, is_present: bool = False) -> tuple[str, Any]:
    """Return the engine in use and a report's metrics by key, without where they were read."""
    until_us = data_cut_us(experiment)
    with engine_over(period_to_read(experiment, 1)):
        computed = compute_report(experiment, phase=1, until_us=until_us, is_present=is_present)
        name = IN_USE.name
    assert not [row.error for row in computed.report.metrics if row.error]
    sources = {row.source for row in computed.report.metrics}
    rows = {row.key: asdict(row) for row in computed.report.metrics}
    named = f"{name}, {'/'.join(sorted(sources))}"
    return named, {key: _without(row) for key, row in rows.items()}


def _without(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in TOLD}


def numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every value below, with its place."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from numbers(each, (*path, name))
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from numbers(each, (*path, place))
    else:
        yield path, value


def assert_same(found: Any, expected: Any) -> None:
    """Hold every value to its place in the other: numbers within 1e-9, the rest as it is."""
    ours, theirs = dict(numbers(found)), dict(numbers(expected))
    assert ours.keys() == theirs.keys()
    for path, value in ours.items():
        is_number = isinstance(value, float)
        assert value == (
            pytest.approx(theirs[path], rel=RELATIVE, abs=ABSOLUTE) if is_number else theirs[path]
        ), path


def sums_of(metrics: Any) -> dict[str, list[tuple[int, int]]]:
    return {
        key: [(each["n"], each["numerator"]) for each in row["values"].values()]
        for key, row in metrics.items()
    }


def test_numbers__of_rows_rollups_duckdb_and_the_notebook__are_the_same(
    experiment: Experiment, settings: Any, tmp_path: Path
) -> None:
    name, from_rows = metrics_by(experiment)
    assert name in {"sqlite, rows", "postgresql, rows"}
    assert sums_of(from_rows) == EXPECTED

    keep(experiment)
    name, from_rollups = metrics_by(experiment, is_present=True)
    assert name.endswith(", rollup")
    assert_same(from_rollups, from_rows)

    analysis = analyse(experiment)
    stored = {row["key"]: _without(row) for row in analysis.report["metrics"]}
    assert_same(stored, _plain(from_rows))
    assert "all of them equal" in recomputed(analysis, tmp_path)

    settings.ANALYSIS_ENGINE = "duckdb"
    name, from_files = metrics_by(experiment)
    assert name == "duckdb, rows"
    assert_same(from_files, from_rows)


@pytest.mark.slow
def test_numbers__of_spark__are_those_of_rows(experiment: Experiment, settings: Any) -> None:
    need_spark()
    _name, from_rows = metrics_by(experiment)
    assert sums_of(from_rows) == EXPECTED

    settings.ANALYSIS_ENGINE = "spark"
    name, from_spark = metrics_by(experiment)

    assert name == "spark, rows"
    assert_same(from_spark, from_rows)


def _plain(metrics: Any) -> Any:
    """Return a report's metrics as they are stored."""
    return json.loads(json.dumps(metrics))
