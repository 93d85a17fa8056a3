"""What decides: under the cap and without the units' own past; the raw comparison stands beside."""

import math
from datetime import timedelta
from typing import Any

import pytest

from analytics.models import ExperimentMetric, FrozenCap, Metric
from analytics.reporting.comparing import LEVELS
from analytics.services import change_settings, compute_analysis, request_analysis
from analytics.services.caps import freeze_caps
from analytics.stats.compare import compare
from analytics.stats.exact_samples import ExactSample
from analytics.stats.moments import Moments
from analytics.stats.results import Kind, Monitoring
from analytics.stats.robust.winsorise import pooled_cap
from analytics.stats.value_counts import ValueCounts
from analytics.stats.variance.cuped import compare_cuped
from experiments.models import Event, Experiment, Slate
from tests.analytics.past import a_run_with_past, visited_before
from tests.analytics.rows import Shares, a_run, event
from tests.analytics.web.rich import THREE, a_rich_run, choose

pytestmark = pytest.mark.django_db

AMOUNTS = [0] * 150 + list(range(1000, 4000, 60))


def analysed(experiment: Experiment) -> Any:
    done = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert done is not None
    assert done.error == ""
    return done


def metric_of(analysis: Any, key: str = "revenue_per_unit") -> dict[str, Any]:
    return next(row for row in analysis.report["metrics"] if row["key"] == key)


def compared(analysis: Any, key: str = "revenue_per_unit") -> dict[str, Any]:
    found: dict[str, Any] = metric_of(analysis, key)["comparisons"]["treatment"]
    return found


def test_comparison__of_units_with_a_past__is_cuped_of_the_stored_sums() -> None:
    done = analysed(a_run_with_past(planned_units=1400))

    shown = compared(done)
    stored = done.moments["revenue_per_unit"]
    samples = [ExactSample.from_dict(stored[v]["judged"]) for v in ("control", "treatment")]
    (again,) = compare_cuped(
        [sample.centred() for sample in samples], covariates=["w"], planned_n=1400
    )
    for name in ("effect", "se", "p_value", "lift"):
        assert shown[name] == pytest.approx(getattr(again.comparison, name), rel=1e-12)
    raw = compare(
        Kind.MEAN,
        Moments.from_dict(stored["control"]),
        Moments.from_dict(stored["treatment"]),
        planned_n=1400,
    )
    assert shown["raw"] == raw.to_dict()
    assert shown["variance_ratio"] == pytest.approx((shown["se"] / shown["raw"]["se"]) ** 2)
    assert 0.2 < shown["variance_ratio"] < 0.8


def test_comparison__without_a_past__is_the_raw_one_alone() -> None:
    run = a_run({"control": Shares(510, 0.2), "treatment": Shares(510, 0.2)})
    Metric.objects.update(uses_cuped=True, winsor=None)

    shown = compared(analysed(run))

    assert "raw" not in shown
    assert shown["status"] == "ok"


def test_comparison__history_switched_off__is_the_raw_one() -> None:
    run = a_run_with_past()
    with_history = compared(analysed(run))
    change_settings(experiment=run, actor="ines", changes={"uses_cuped": False})

    assert compared(analysed(run))["se"] == with_history["raw"]["se"]


def test_levels__of_a_comparison__are_its_ranges_at_each_alpha() -> None:
    run = a_run({"control": Shares(600, 0.2), "treatment": Shares(600, 0.3)})
    Metric.objects.update(uses_cuped=False, winsor=None)
    done = analysed(run)

    shown, stored = compared(done), done.moments["revenue_per_unit"]
    for level in LEVELS:
        again = compare(
            Kind.MEAN,
            Moments.from_dict(stored["control"]),
            Moments.from_dict(stored["treatment"]),
            alpha=1 - level / 100,
        )
        assert again.interval is not None
        assert again.lift_interval is not None
        ends = [again.interval.low, again.interval.high]
        assert shown["effect_levels"][str(level)] == pytest.approx(ends)
        ends = [again.lift_interval.low, again.lift_interval.high]
        assert shown["levels"][str(level)] == pytest.approx(ends)
    assert shown["effect_levels"]["95"] == [shown["interval"]["low"], shown["interval"]["high"]]


def test_cap__watched_all_along__is_fixed_from_before_the_start() -> None:
    run = a_run_with_past()
    visited_before(run, AMOUNTS)

    metric = metric_of(analysed(run))

    (frozen,) = FrozenCap.objects.all()
    due = pooled_cap([ValueCounts.from_values(AMOUNTS)], q=0.98)
    assert due is not None
    assert (frozen.n_units, frozen.cap) == (len(AMOUNTS), math.ceil(due))
    assert metric["cap"] == frozen.cap
    control = metric["values"]["control"]
    assert control["value"] == control["raw_value"]
    assert control["capped"] == control["value"] * (1 - control["share_removed"])
    assert "raw" in metric["comparisons"]["treatment"]


def test_cap__fixed_once__stays_whatever_comes_later() -> None:
    run = a_run_with_past()
    visited_before(run, AMOUNTS)
    freeze_caps(run)
    before = FrozenCap.objects.values().get()
    visited_before(run, [10**6] * 50)

    freeze_caps(run)

    assert FrozenCap.objects.values().get() == before


def test_cap__nobody_was_there_before__leaves_values_as_they_are_and_says_so() -> None:
    metric = metric_of(analysed(a_run_with_past()))

    assert metric["cap"] is None
    assert "no unit was there before the start" in metric["cap_note"]
    assert "share_capped" not in metric["values"]["control"]


def test_cap__at_a_fixed_horizon__is_the_pooled_quantile_of_the_units() -> None:
    run = a_run_with_past(monitoring="fixed")

    metric = metric_of(analysed(run))

    assert not FrozenCap.objects.exists()
    assert 3000 < metric["cap"] < 3500
    shares = [metric["values"][v]["share_capped"] for v in ("control", "treatment")]
    assert sum(shares) / 2 == pytest.approx(0.02, abs=0.005)


def test_cap__switched_off__is_none() -> None:
    run = a_run_with_past(monitoring="fixed")
    change_settings(experiment=run, actor="ines", changes={"uses_winsor": False})

    assert metric_of(analysed(run))["cap"] is None


def test_min_units__not_reached__says_nothing_of_the_metric() -> None:
    run = a_run({"control": Shares(600, 0.2), "treatment": Shares(600, 0.3)})
    Metric.objects.filter(key="conversion").update(min_units=601)

    shown = compared(analysed(run), "conversion")

    assert (shown["status"], shown["effect"], shown["p_value"]) == ("insufficient_data", None, None)
    assert shown["levels"] == {}
    assert shown["too_few"] == {"n": 600, "least": 601}


@pytest.mark.parametrize("monitoring", ["always_valid", "fixed"])
@pytest.mark.parametrize("key", ["conversion", "ctr"])
def test_min_units__not_reached__takes_no_part_in_the_verdict(monitoring: str, key: str) -> None:
    """Plain harm, of the primary metric or of a guardrail; before a fixed end it is watched for."""
    harmed = {"control": Shares(900, 0.5, 0.6), "treatment": Shares(900, 0.5, 0.6)}
    harmed["treatment"] = Shares(900, 0.2 if key == "conversion" else 0.5, 0.3)
    run = a_run(harmed, monitoring=monitoring, has_ended=False, planned_days=28)
    choose(run, [("conversion", "primary", None), ("ctr", "guardrail", 0.02)])
    Metric.objects.filter(key="ctr").exclude(key=key).update(min_units=901)
    assert analysed(run).report["verdict"]["state"] == "stop"
    Metric.objects.filter(key=key).update(min_units=901)

    assert analysed(run).report["verdict"]["state"] != "stop"


def test_min_units__of_a_segment__says_nothing_of_it() -> None:
    run = a_rich_run(300, monitoring="fixed")
    Metric.objects.filter(key="conversion").update(min_units=100)

    (devices,) = (
        each["values"]
        for each in analysed(run).report["segments"]
        if (each["metric"], each["attribute"], each["treatment"])
        == ("conversion", "device", "hybrid")
    )

    told = {each["value"]: each["lift"] is not None for each in devices}
    assert told == {"mobile": True, "desktop": True, "tablet": False}
    assert all((each["n_control"] >= 100) == told[each["value"]] for each in devices)


@pytest.mark.parametrize(
    ("changes", "adjustment"),
    [
        ({}, "holm"),
        ({"correction": "bonferroni"}, "bonferroni"),
        ({"correction": "dunnett"}, "dunnett"),
        ({"correction": "benjamini_hochberg"}, "benjamini_hochberg"),
    ],
)
def test_correction__chosen__is_that_of_the_primary_metric(
    changes: dict[str, Any], adjustment: str
) -> None:
    behaviour = {
        "control": Shares(300, 0.2),
        "hybrid": Shares(300, 0.24),
        "diverse": Shares(300, 0.3),
    }
    run = a_run(behaviour, monitoring="fixed", variants=list(THREE))
    metric = Metric.objects.get(key="conversion")
    ExperimentMetric.objects.create(experiment=run, metric=metric, role="primary")
    change_settings(experiment=run, actor="ines", changes=changes)

    found = metric_of(analysed(run), "conversion")["comparisons"]

    for each in found.values():
        assert each["adjustment"] == adjustment
        assert each["p_value"] <= each["p_adjusted"] <= 2 * each["p_value"] + 1e-12


def test_alpha__chosen__is_that_of_every_range() -> None:
    run = a_run({"control": Shares(600, 0.2), "treatment": Shares(600, 0.3)})
    change_settings(experiment=run, actor="ines", changes={"alpha": 0.01})

    shown = compared(analysed(run))

    assert shown["alpha"] == 0.01
    assert shown["levels"]["99"] == [shown["lift_interval"]["low"], shown["lift_interval"]["high"]]


def test_scaled__of_a_mean__is_the_difference_times_new_units_a_day() -> None:
    run = a_run(
        {"control": Shares(700, 0.2), "treatment": Shares(700, 0.3)}, has_ended=False, days=14
    )
    Metric.objects.update(winsor=None, uses_cuped=False)

    shown = compared(analysed(run))
    share = (run.allocation.stop - run.allocation.start) / 10_000

    span = 14 * 699 / 700  # days between the first unit and the last
    assert shown["scaled"]["effect"] == pytest.approx(shown["effect"] * 1400 / span / share)
    assert "new units a day at full traffic (1,400 units in 14 days" in shown["scaled"]["formula"]
    assert shown["scaled"]["levels"]["95"][0] == pytest.approx(shown["scaled"]["interval"]["low"])


def test_monitoring__of_a_comparison__is_the_experiments() -> None:
    run = a_run_with_past(monitoring="fixed")

    assert compared(analysed(run))["monitoring"] == Monitoring.FIXED


def test_basis__viewed__counts_units_from_the_first_list_they_saw() -> None:
    run = a_run({"control": Shares(600, 0.5), "treatment": Shares(600, 0.5)})
    shown = list(Slate.objects.filter(experiment=run, unit_id__endswith="0"))
    Event.objects.bulk_create(
        event(
            run.site,
            "view_item_list",
            slate.served_at + timedelta(minutes=1),
            visitor_id=slate.unit_id,
            request_id=slate.request_id,
        )
        for slate in shown
    )
    later = shown[0].served_at + timedelta(hours=1)
    Event.objects.bulk_create(
        event(run.site, "purchase", later, visitor_id=slate.unit_id, amount=1) for slate in shown
    )
    change_settings(experiment=run, actor="ines", changes={"basis": "viewed"})

    done = analysed(run)

    values = metric_of(done, "conversion")["values"]
    assert [values[v]["n"] for v in ("control", "treatment")] == [60, 60]
    assert [variant["units"] for variant in done.report["variants"]] == [60, 60]
    assert {row["source"] for row in done.report["metrics"]} == {"rows"}
    # What they bought when they were served, a minute before they saw it, does not count.
    seen_late = sum(slate.served_at < later for slate in shown)
    assert 0 < sum(values[v]["numerator"] for v in ("control", "treatment")) <= seen_late
