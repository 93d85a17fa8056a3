"""The frame of units: whose sums are the analysis' own, whatever the metric."""

import random
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from analytics.exports.about import read_about
from analytics.exports.frames import frame_file, unit_frame
from analytics.models import Analysis, Metric
from analytics.queries import moments_of
from analytics.stats.exact_samples import ExactSample
from analytics.stats.moments import Moments
from experiments.errors import NotFound
from experiments.models import Event, Exposure
from experiments.subjects.hashing import hashed_id, is_hashed
from tests.analytics.furnished import furnished_rows
from tests.analytics.past import a_run_with_past, visited_before
from tests.analytics.rows import Shares, a_run, event
from tests.analytics.web.reports import analyse
from tests.analytics.web.rich import a_rich_run
from tests.factories import NOW, a_site, draft_experiment

pytestmark = pytest.mark.django_db

FEW = {"control": Shares(90, 0.3), "treatment": Shares(80, 0.4)}
SIDES = {"y": "y", "d": "x", "x": "w", "xd": "v"}


def columns_of(frame: pa.Table, metric: str, variant: str) -> dict[str, list[int]]:
    """Return a metric's columns over the variant's units that count, by the name of their side."""
    rows = [row for row in frame.to_pylist() if row["variant"] == variant]
    rows = [row for row in rows if row[f"y:{metric}"] is not None]
    names = {side: f"{prefix}:{metric}" for prefix, side in SIDES.items()}
    there = {side: name for side, name in names.items() if name in frame.column_names}
    return {side: [row[name] for row in rows] for side, name in there.items()}


def recomputed(frame: pa.Table, metric: str, variant: str, cap: int | None) -> ExactSample:
    """Return the sums that are judged, recomputed from the frame in plain Python."""
    found = columns_of(frame, metric, variant)
    if cap is not None:
        found |= {s: [min(v, cap) for v in found[s]] for s in ("y", "w") if s in found}
    return ExactSample.from_columns(found)


def assert_agrees(frame: pa.Table, analysis: Analysis) -> None:
    metrics = {row["key"]: row for row in analysis.report["metrics"] if not row["error"]}
    assert set(metrics) == {each["key"] for each in read_about(frame.schema)["metrics"]}
    for key, row in metrics.items():
        for variant, stored in analysis.moments[key].items():
            raw = {s: v for s, v in columns_of(frame, key, variant).items() if s in ("y", "x")}
            assert moments_of(ExactSample.from_columns(raw)) == Moments.from_dict(stored), key
            if row["cap"] is not None or f"x:{key}" in frame.column_names:
                judged = ExactSample.from_dict(stored["judged"])
                assert recomputed(frame, key, variant, row["cap"]) == judged, key


def test_frame__of_capped_means_with_a_past__sums_to_what_was_judged() -> None:
    experiment = a_run_with_past(FEW, planned_units=170)
    visited_before(experiment, [0] * 60 + list(range(1000, 4000, 100)))
    Metric.objects.filter(key__in=["aov", "ctr"]).update(uses_cuped=True)
    analysis = analyse(experiment)

    frame = unit_frame(experiment)

    assert_agrees(frame, analysis)
    assert "x:revenue_per_unit" in frame.column_names
    assert "xd:aov" in frame.column_names
    assert next(m for m in analysis.report["metrics"] if m["key"] == "revenue_per_unit")["cap"]
    assert read_about(frame.schema)["agrees"] is True


# Beside the site's own: a day of return, steps, sessions, clicked revenue, a quantile.
KINDS: list[dict[str, Any]] = [
    {"key": "back", "kind": "retention", "numerator": {"source": "slates", "day": 1}},
    {
        "key": "funnel",
        "kind": "binary",
        "numerator": {
            "source": "events",
            "steps": [{"type": "view_item"}, {"type": "purchase"}],
        },
    },
    {"key": "clicked", "kind": "mean", "numerator": {"source": "attributed"}},
    {
        "key": "baskets",
        "kind": "quantile",
        "numerator": {
            "source": "events",
            "type": "purchase",
            "value": "amount",
            "quantile": 0.5,
        },
    },
]


@pytest.mark.parametrize("seed", range(3))
def test_frame__of_random_rows_and_every_kind__sums_to_the_stored_moments(seed: int) -> None:
    experiment = draft_experiment(a_site(), window_days=7)
    furnished_rows(experiment, random.Random(f"frames {seed}"))
    for fields in KINDS:
        Metric.objects.create(site=experiment.site, name=fields["key"], **fields)
    analysis = analyse(experiment)

    frame = unit_frame(experiment)

    assert_agrees(frame, analysis)
    assert {"y:back", "y:baskets", "d:baskets", "y:funnel"} <= set(frame.column_names)
    assert read_about(frame.schema)["differing"] == []


def test_frame__of_its_rows__holds_those_that_the_analysis_counted_and_no_others() -> None:
    experiment = a_run(FEW)
    first = Exposure.objects.filter(experiment=experiment).order_by("ts_us", "unit_id").first()
    assert first is not None
    Exposure.objects.filter(unit_id="treatment-7").update(is_multiple=True)
    Exposure.objects.filter(unit_id="treatment-8").update(traffic="bot")
    analyse(experiment)

    frame = unit_frame(experiment)

    assert frame.num_rows == 168
    assert frame["first_exposure_us"][0].as_py() == first.ts_us
    assert frame["unit"][0].as_py() == hashed_id(experiment.site_id, first.unit_id)
    assert all(map(is_hashed, frame["unit"].to_pylist()))
    named = unit_frame(experiment, names_ids=True)
    assert named["unit"][0].as_py() == first.unit_id
    assert "treatment-7" not in named["unit"].to_pylist()


def test_frame__of_a_report_with_segments__holds_what_they_are_cut_by() -> None:
    experiment = a_rich_run(60)
    Exposure.objects.filter(unit_id="hybrid-7").update(attributes={"device": None})
    analysis = analyse(experiment)

    frame = unit_frame(experiment, names_ids=True)

    named = read_about(frame.schema)["attributes"]
    stored = dict(Exposure.objects.values_list("unit_id", "attributes"))
    assert named.keys() == {each["attribute"] for each in analysis.report["segments"]}
    assert "device" in named
    for row in frame.to_pylist():
        for name, column in named.items():
            value = stored[row["unit"]].get(name)
            said = str(value).lower() if isinstance(value, bool) else value
            assert row[column] == (None if said is None else str(said))
    assert_agrees(frame, analysis)


def test_frame__after_rows_came_late__says_that_its_sums_are_others() -> None:
    experiment = a_run(FEW)
    analysis = analyse(experiment)
    late = event(
        experiment.site,
        "purchase",
        NOW - timedelta(days=9),
        visitor_id="control-1",
        amount=5,
        order_ref="late",
    )
    Event.objects.bulk_create([late])

    described = read_about(unit_frame(experiment, analysis).schema)

    assert described["agrees"] is False
    assert {"metric": "revenue_per_unit", "variant": "control"} in described["differing"]
    assert all(each["variant"] == "control" for each in described["differing"])


def test_frame__with_a_changed_metric__keeps_the_version_that_was_analysed() -> None:
    experiment = a_run(FEW)
    analysis = analyse(experiment)
    newer = Metric.objects.get(key="conversion", version=1)
    newer.pk, newer.version, newer.numerator = None, 2, {"source": "events", "type": "search"}
    newer.save()
    Metric.objects.filter(key="aov").update(version=3)

    frame = unit_frame(experiment, analysis)

    described = read_about(frame.schema)
    assert described["agrees"] is True
    assert "y:conversion" in frame.column_names
    assert described["left_out"] == {"aov": "its version 1 is gone"}


def test_frame__without_an_analysis__is_refused_with_what_to_do() -> None:
    with pytest.raises(NotFound, match="refresh the report first"):
        unit_frame(a_run(FEW))


def test_frame__of_nobody__has_columns_and_no_row() -> None:
    experiment = a_run({"control": Shares(0, 0), "treatment": Shares(0, 0)})
    analyse(experiment)

    frame = unit_frame(experiment)

    assert frame.num_rows == 0
    assert "y:conversion" in frame.column_names


def test_frame_file__of_several_batches__reads_as_one_and_names_its_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    experiment = a_run(FEW)
    analysis = analyse(experiment)
    monkeypatch.setattr("analytics.engines.batches.ROWS", 50)

    with frame_file(analysis) as file:
        reader = pa.ipc.open_file(file)
        sizes = [reader.get_batch(n).num_rows for n in range(reader.num_record_batches)]
        described = read_about(reader.schema)

    assert sizes == [50, 50, 50, 20]
    assert described["settings_hash"] == analysis.settings_hash
    assert described["settings"] == analysis.settings
    assert described["analysis"] == analysis.pk
