"""Plans of whole experiments: both ways, each metric, from what a shop's visitors did before."""

import inspect
import math
from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from analytics.launch.asked import Asked
from analytics.launch.metric_plan import GUARDRAIL_ALPHA, MetricPlan, why_never
from analytics.launch.planner import CannotPlan, ExperimentPlan, plan_experiment
from analytics.models import AnalysisSettings, Metric
from analytics.stats.planning.design import Correction, Goal, Looks
from analytics.stats.planning.sample_size import required_n_non_inferiority
from analytics.stats.verdicts import DecisionInputs
from experiments.errors import InvalidInput
from experiments.models import Event, Experiment, Holdout, Slate
from tests.analytics.launch.shop import bought_before, choose, guard, visit
from tests.analytics.rows import an_id

pytestmark = pytest.mark.django_db


def planned(experiment: Experiment, **asked: object) -> ExperimentPlan:
    fresh = Experiment.objects.get(pk=experiment.pk)
    return plan_experiment(fresh, Asked.of(fresh, **asked))


def of(plan: ExperimentPlan, key: str) -> MetricPlan:
    (found,) = [each for each in plan.metrics if each.known.chosen.metric.key == key]
    return found


def one(experiment: Experiment, key: str, **asked: object) -> MetricPlan:
    return of(planned(experiment, **asked), key)


# ── both ways ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", ["conversion", "revenue_per_unit"])
def test_plan__two_variants_read_once__needs_the_units_that_statsmodels_says(
    experiment: Experiment, key: str
) -> None:
    choose(experiment, **{key: "primary"})
    visit(experiment, 1000, 200)

    plan = one(experiment, key, looks="fixed", lift=0.3, uses_cuped=False)

    history = plan.known.history
    assert history is not None
    moved = 0.26 * 0.74 if key == "conversion" else history.sigma**2
    spread = math.sqrt((history.sigma**2 + moved) / 2)
    theirs = NormalIndPower().solve_power(
        effect_size=0.3 * history.value / spread, alpha=0.05, power=0.8
    )
    assert plan.n_needed == pytest.approx(2 * math.ceil(theirs), abs=4)
    assert plan.needed is not None
    assert plan.needed.days is not None
    assert plan.needed.days % 7 == 0


@pytest.mark.parametrize("monitoring", ["fixed", "always_valid"])
def test_plan__lift_of_so_many_days__needs_so_many_days(
    experiment: Experiment, monitoring: str
) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 1000, 200)
    found = one(experiment, "conversion", days=40, looks=monitoring).found
    assert found is not None

    back = one(experiment, "conversion", lift=found.lift, looks=monitoring)

    assert back.needed is not None
    assert back.needed.days_needed in (40, 41)
    assert back.needed.is_extrapolated


def test_plan__read_at_every_look__costs_72_per_cent_more_units(experiment: Experiment) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 1000, 200)

    once, always = (
        one(experiment, "conversion", lift=0.1, looks=each).n_needed
        for each in (Looks.FIXED, Looks.ALWAYS_VALID)
    )

    assert always == pytest.approx(1.72 * (once or 0), rel=0.001)


def test_plan__more_power_less_alpha_less_traffic__takes_longer(experiment: Experiment) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 1000, 200)
    usual = one(experiment, "conversion", lift=0.2)

    strict = one(experiment, "conversion", lift=0.2, power=0.9, alpha=0.01)
    half = one(experiment, "conversion", lift=0.2, share=0.5)

    assert (strict.n_needed or 0) > (usual.n_needed or 0)
    assert half.n_needed == usual.n_needed
    assert half.traffic.new_per_day == pytest.approx(usual.traffic.new_per_day / 2)


def test_plan__drop_is_expected__is_planned_as_a_drop(experiment: Experiment) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 1000, 200)
    rise = one(experiment, "conversion", lift=0.2)
    Experiment.objects.filter(pk=experiment.pk).update(expected_direction="decrease")

    fall = one(experiment, "conversion", lift=0.2)

    assert (rise.sign, fall.sign) == (1, -1)
    assert (fall.n_needed or 0) < (rise.n_needed or 0)  # of a share below a half


# ── each metric ─────────────────────────────────────────────────────────────────────────────────


def test_plan__of_many_metrics__each_has_a_plan_or_a_reason(experiment: Experiment) -> None:
    visit(experiment, 1000, 200)
    Slate.objects.update(latency_us=5000)
    keys = [row.key for row in Metric.objects.filter(site=experiment.site).order_by("pk")]
    choose(experiment, **dict.fromkeys(keys, "secondary"))
    Metric.objects.filter(key="basket_p90").update(numerator={"source": "events"})
    Metric.objects.filter(key="view_to_purchase").update(numerator={"source": "the moon"})

    plan = planned(experiment, lift=0.1)

    assert [each.known.chosen.metric.key for each in plan.metrics] == keys
    for each in plan.metrics:
        assert (each.known.history is None) == bool(each.known.missing)
        assert (each.found is None) == bool(each.known.missing)
    known = {each.known.chosen.metric.key for each in plan.metrics if each.known.history}
    assert known >= {"conversion", "revenue_per_unit", "total_revenue"}
    assert "cannot be read" in of(plan, "basket_p90").known.missing
    assert "the moon" in of(plan, "view_to_purchase").known.missing
    assert "did not vary" in of(plan, "fallback_rate").known.missing


def test_plan__quantile__is_planned_by_its_own_error(experiment: Experiment) -> None:
    choose(experiment, latency_p95="secondary")
    visit(experiment, 900, 100)
    few = one(experiment, "latency_p95").known.missing
    Slate.objects.all().delete()
    visit(experiment, 1500, 100)
    rows = list(Slate.objects.order_by("id"))
    for number, row in enumerate(rows):
        row.latency_us = 1000 * (number * 37 % 101)
    Slate.objects.bulk_update(rows, ["latency_us"])

    plan = one(experiment, "latency_p95", lift=0.05)

    assert "too few values" in few
    assert plan.known.history is not None
    assert plan.known.history.value == pytest.approx(95_000, rel=0.02)
    assert plan.sign == -1  # lower is better
    assert plan.n_needed


def test_plan__guardrail_with_a_margin__is_to_exclude_that_loss(experiment: Experiment) -> None:
    choose(experiment, revenue_per_unit="primary")
    guard(experiment, 0.05, "conversion")
    visit(experiment, 1000, 200)

    plan = one(experiment, "conversion", looks="fixed", lift=0.2, alpha=0.01)

    history = plan.known.history
    assert history is not None
    needed = required_n_non_inferiority(history.sigma, 0.05 * history.value)
    assert (plan.design.goal, plan.sought, plan.sign) == (Goal.NON_INFERIORITY, 0.05, -1)
    assert plan.n_needed == 2 * math.ceil(needed)
    assert (
        inspect.signature(DecisionInputs).parameters["guardrail_alpha"].default == GUARDRAIL_ALPHA
    )


def test_plan__back_on_a_day__counts_units_only_once_it_is_over(experiment: Experiment) -> None:
    choose(experiment, back_on_day_7="secondary", conversion="primary")
    visit(experiment, 1000, 200, days=40)
    first = {row.visitor_id: row for row in Slate.objects.all()}
    again = [row for number, row in enumerate(first.values()) if number % 3 == 0]
    for row in again:
        row.pk, row.request_id = None, an_id()
        row.ts_us += 7 * 86_400_000_000 + 3_600_000_000
    Slate.objects.bulk_create(again)

    plan = planned(experiment, days=5)

    back, conversion = of(plan, "back_on_day_7"), of(plan, "conversion")
    assert (back.known.lag_days, conversion.known.lag_days) == (8, 0)
    assert back.found is not None
    assert back.found.effect is None
    assert back.traffic.units_by(20) == conversion.traffic.units_by(12)


def test_plan__least_units_of_a_metric__are_waited_for(experiment: Experiment) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 1000, 200)
    few = one(experiment, "conversion", lift=2.0)
    Metric.objects.filter(key="conversion").update(min_units=5000)

    plan = one(experiment, "conversion", lift=2.0, days=14)

    assert (few.n_needed or 0) < 1000
    assert plan.n_needed == 10_000
    assert plan.found is not None
    assert (plan.found.effect, plan.power) == (None, None)
    assert {each.effect for each in plan.weeks} == {None}


# ── past, cap, variants, traffic ────────────────────────────────────────────────────────────────


def test_plan__past_that_explains__takes_away_so_much_of_the_units(
    experiment: Experiment,
) -> None:
    choose(experiment, revenue_per_unit="primary")
    Metric.objects.filter(key="revenue_per_unit").update(uses_cuped=True, winsor=None)
    visit(experiment, 600, 200)
    spent = {row.visitor_id: row.amount or 0 for row in Event.objects.all()}
    now = np.array([spent.get(f"v-{i}", 0) for i in range(600)])
    before = np.where(np.arange(600) % 7 > 0, now // 2, 400)
    bought_before(experiment, before.tolist())

    adjusted, plain = (
        one(experiment, "revenue_per_unit", lift=0.1, uses_cuped=each) for each in (True, False)
    )

    rho = np.corrcoef(now, before)[0, 1]
    assert adjusted.known.kept == pytest.approx(1 - rho**2, rel=1e-9)
    assert adjusted.n_needed == pytest.approx((plain.n_needed or 0) * (1 - rho**2), abs=4)
    assert adjusted.known == plain.known


def test_plan__metric_that_leaves_its_past_in__tells_what_it_would_take_out(
    experiment: Experiment,
) -> None:
    choose(experiment, revenue_per_unit="primary")
    Metric.objects.filter(key="revenue_per_unit").update(uses_cuped=False)
    visit(experiment, 600, 200)
    bought_before(experiment, [1000 if i % 3 == 0 else 0 for i in range(600)])

    adjusted, plain = (
        one(experiment, "revenue_per_unit", lift=0.1, uses_cuped=each) for each in (True, False)
    )

    assert adjusted.known.kept is not None
    assert adjusted.known.kept < 0.9
    assert not adjusted.known.uses_past
    assert adjusted.n_needed == plain.n_needed


def test_plan__metric_with_a_cap__is_planned_under_it(experiment: Experiment) -> None:
    choose(experiment, revenue_per_unit="primary")
    visit(experiment, 1000, 200)
    dear = Event.objects.order_by("-id").first()
    assert dear is not None
    Event.objects.filter(pk=dear.pk).update(amount=5_000_000)
    Metric.objects.filter(key="revenue_per_unit").update(winsor=0.99, uses_cuped=False)
    capped = one(experiment, "revenue_per_unit", lift=0.1)
    AnalysisSettings.objects.create(experiment=experiment, uses_winsor=False)

    whole = one(experiment, "revenue_per_unit", lift=0.1)

    assert capped.known.cap is not None
    assert capped.known.cap < 3000
    assert whole.known.cap is None
    assert (capped.n_needed or 0) < (whole.n_needed or 0) / 10


def test_plan__three_variants__are_corrected_as_the_analysis_is(experiment: Experiment) -> None:
    choose(experiment, conversion="primary")
    guard(experiment, 0.1, "ctr")
    visit(experiment, 1000, 200)
    Slate.objects.filter(pk__in=Slate.objects.all()[:300]).update(clicked=1)
    third = replace_variant(experiment)
    Experiment.objects.filter(pk=experiment.pk).update(monitoring="fixed")
    bonferroni = planned(experiment, lift=0.2)
    AnalysisSettings.objects.create(experiment=experiment, correction="dunnett")

    dunnett = planned(experiment, lift=0.2)

    assert third == 3
    assert of(bonferroni, "conversion").design.correction is Correction.BONFERRONI
    assert of(dunnett, "conversion").design.correction is Correction.DUNNETT
    assert of(dunnett, "ctr").design.correction is Correction.NONE
    assert of(dunnett, "conversion").n_needed < of(bonferroni, "conversion").n_needed  # type: ignore[operator]


def replace_variant(experiment: Experiment) -> int:
    """Add a third variant; return how many there are."""
    other = experiment.variants.get(is_control=False)
    other.pk, other.key, other.name = None, "third", "Third"
    other.save()
    return experiment.variants.count()


def test_plan__holdout_of_the_site__has_its_units_left_out(experiment: Experiment) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 1000, 200)
    whole = one(experiment, "conversion").traffic.new_per_day
    Holdout.objects.create(site=experiment.site, key="tenth", name="T", seed="s", buckets=1000)

    assert one(experiment, "conversion").traffic.new_per_day == pytest.approx(0.9 * whole)


def test_plan__a_few_days_of_history__are_marked_as_such(experiment: Experiment) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 400, 100, days=5)

    plan = planned(experiment, days=14)

    assert (plan.crowd.days, plan.crowd.is_short) == (5, True)
    found = of(plan, "conversion").found
    assert found is not None
    assert found.is_extrapolated
    assert found.n_units == pytest.approx(14 * 80, rel=0.05)


# ── what is never reached, or asked wrongly ─────────────────────────────────────────────────────


def test_plan__out_of_reach__says_why_and_what_would_do(experiment: Experiment) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 400, 100)

    tiny, huge = (one(experiment, "conversion", lift=each) for each in (0.001, 5.0))

    assert "more than 52 weeks" in why_never(tiny)
    assert "% or more, which 56 days show" in why_never(tiny)
    assert "no number of units would do" in why_never(huge)
    assert why_never(one(experiment, "conversion", lift=1.0)) == ""


def test_plan__traffic_that_ended__has_no_end(experiment: Experiment) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 400, 100)
    week = Slate.objects.order_by("-ts_us").values_list("visitor_id", flat=True)[:110]
    Slate.objects.filter(visitor_id__in=list(week)).delete()

    plan = one(experiment, "conversion", lift=0.01)

    assert "no new unit came in the last week" in why_never(plan)


def test_plan__empty_site_or_single_variant__says_what_to_do(experiment: Experiment) -> None:
    with pytest.raises(CannotPlan, match="at least 100 are needed") as why:
        planned(experiment)
    assert "Let the storefront ask for its lists" in why.value.fix
    experiment.variants.filter(is_control=False).delete()

    with pytest.raises(CannotPlan, match="a control and a treatment"):
        planned(experiment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("days", 0),
        ("days", 365),
        ("lift", 0.0),
        ("lift", math.nan),
        ("power", 1.0),
        ("alpha", 0.5),
        ("share", 1.5),
    ],
)
def test_asked__out_of_bounds__is_refused_with_its_field(
    experiment: Experiment, name: str, value: float
) -> None:
    with pytest.raises(InvalidInput, match=f"{name} must lie between") as refused:
        Asked.of(experiment, **{name: value})

    assert refused.value.field == name


def test_asked__of_an_experiment__is_its_own_set_up(experiment: Experiment) -> None:
    AnalysisSettings.objects.create(experiment=experiment, alpha=0.01, uses_cuped=False)
    experiment.mde, experiment.planned_days = 0.05, 21
    experiment.allocation.stop = experiment.allocation.admitted_stop = 2500

    found = Asked.of(experiment)

    assert found == Asked(
        days=21, lift=0.05, share=0.25, uses_cuped=False, looks=Looks.ALWAYS_VALID, alpha=0.01
    )
    assert replace(found, power=0.9) == Asked.of(experiment, power=0.9, days=None)
