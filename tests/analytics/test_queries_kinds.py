"""The SQL text against plain Python: every kind, filter and window, capped, by group, by day."""

import random
from dataclasses import replace
from datetime import date

import pytest

from analytics.errors import DefinitionError
from analytics.queries import (
    VISITOR,
    WEEKDAY,
    Cut,
    MetricQuery,
    check_metric,
    compile_query,
    compile_values,
    run_groups,
    run_query,
    run_values,
)
from analytics.queries.units import UNIT_COLUMNS
from analytics.reporting.quantiles import quantiles_of
from analytics.stats.exact_samples import ExactSample
from experiments.clock import microseconds
from experiments.models import Event, Experiment
from tests.analytics.furnished import furnished_rows
from tests.analytics.kinds import Unit, sample_of, single_values, units_of
from tests.analytics.metrics import (
    AOV,
    CONVERSION,
    CTR,
    DAY,
    KEPT,
    PURCHASE,
    REVENUE,
    SPENT,
    cut_of,
)
from tests.factories import NOW

pytestmark = pytest.mark.django_db

SLATES = {"source": "slates"}
CLICKS = {"source": "events", "type": "select_item"}
ACTS = {"source": "sessions", "types": ["view_item", "select_item", "purchase"]}
STEPS = [{"type": "view_item"}, {"type": "add_to_cart"}, {"type": "purchase"}]
SUMMED = [
    CONVERSION,
    SPENT,
    AOV,
    CTR,
    KEPT,
    replace(SPENT, key="late", delay_days=1, window_days=7),
    replace(SPENT, key="delayed", delay_days=2),
    replace(AOV, key="short", window_days=1),
    replace(CTR, key="later_lists", delay_days=1, window_days=8),
    MetricQuery("top", "mean", {**CLICKS, "where": {"position": {"lte": 3}}}),
    MetricQuery("shoes", "mean", {**REVENUE, "where": {"category": ["shoes", "hüte"]}}),
    MetricQuery("new", "mean", {**CLICKS, "where": {"properties.is_new": True}}),
    MetricQuery("dear", "binary", {**PURCHASE, "where": {"price": {"gt": 1, "lte": 2**32}}}),
    MetricQuery("others", "mean", {**CLICKS, "where": {"item_id": {"not_in": ["a", ""]}}}),
    MetricQuery("home", "ratio", {**CLICKS, "where": {"placement": "home"}}, SLATES),
    MetricQuery("fallback", "ratio", {**SLATES, "where": {"fallback": {"ne": ""}}}, SLATES),
    MetricQuery("empty", "ratio", {**SLATES, "where": {"n_items": 0}}, SLATES),
    MetricQuery("mixed", "ratio", {**SLATES, "sum": "unlike_pairs"}, {**SLATES, "sum": "pairs"}),
    MetricQuery("novel", "ratio", {**SLATES, "sum": "novelty_mbit"}, {**SLATES, "sum": "n_known"}),
    MetricQuery("back", "retention", {"source": "slates", "day": 1}),
    MetricQuery("bought", "retention", {**PURCHASE, "day": 7}),
]
ROWS_ONLY = [
    MetricQuery("bounce", "ratio", {**ACTS, "bounced": True}, ACTS),
    MetricQuery("attributed", "mean", {"source": "attributed"}),
    MetricQuery("funnel", "binary", {"source": "events", "steps": STEPS}),
    MetricQuery("two", "binary", {"source": "events", "steps": STEPS[::2]}, window_days=1),
]
ALL = [*SUMMED, *ROWS_ONLY]
LATENCY = MetricQuery("p", "quantile", {**SLATES, "value": "latency_us", "quantile": 0.5})
BASKET = MetricQuery("b", "quantile", {**PURCHASE, "value": "amount", "quantile": 0.9})


def until(experiment: Experiment, days: int = 9) -> Cut:
    return cut_of(experiment, until_us=microseconds(NOW + days * DAY))


def samples(
    metric: MetricQuery, cut: Cut, units: list[Unit], cap: int | None = None, *, history: bool
) -> dict[int, ExactSample]:
    found = {
        variant: sample_of(
            metric,
            cut,
            [unit for unit in units if unit.exposure.variant_id == variant],
            cap=cap,
            with_history=history,
        )
        for variant in {unit.exposure.variant_id for unit in units}
    }
    return {variant: sample for variant, sample in found.items() if sample.n}


@pytest.mark.parametrize("seed", range(6))
def test_random_rows__every_kind__agrees_with_plain_python(
    experiment: Experiment, seed: int
) -> None:
    furnished_rows(experiment, random.Random(f"kinds {seed}"))
    cut = until(experiment)
    units = units_of(cut)

    found = run_groups(compile_query(ALL, cut))

    for metric in ALL:
        assert found[metric.key].get((), {}) == samples(metric, cut, units, history=False), metric


@pytest.mark.parametrize("seed", range(3))
def test_random_rows__under_a_cap_and_with_history__agree_with_plain_python(
    experiment: Experiment, seed: int
) -> None:
    furnished_rows(experiment, random.Random(f"history {seed}"))
    cut = until(experiment)
    units, caps = units_of(cut), {"revenue": 2**32, "aov": 70_000, "kept_pieces": 0}

    found = run_groups(compile_query(SUMMED, cut, caps=caps, with_history=True))

    for metric in SUMMED:
        due = samples(metric, cut, units, caps.get(metric.key), history=True)
        assert found[metric.key].get((), {}) == due, metric


@pytest.mark.parametrize("by", [("plan",), ("is_vip", "plan"), (WEEKDAY,), (VISITOR,)])
def test_random_rows__by_group__agree_with_plain_python(
    experiment: Experiment, by: tuple[str, ...]
) -> None:
    furnished_rows(experiment, random.Random(f"groups {by}"))
    cut = until(experiment)
    groups: dict[tuple[str, ...], list[Unit]] = {}
    for unit in units_of(cut):
        groups.setdefault(tuple(said(name, unit, cut) for name in by), []).append(unit)

    query = compile_query([SPENT, CTR], cut, by=by)
    found, whole = run_groups(query), run_query(query)

    for metric in (SPENT, CTR):
        due = {group: samples(metric, cut, units, history=False) for group, units in groups.items()}
        assert found[metric.key] == due
    assert whole == run_query(compile_query([SPENT, CTR], cut))


def said(name: str, unit: Unit, cut: Cut) -> str:
    if name == WEEKDAY:
        return date.fromisoformat(unit.exposure.day).strftime("%A")
    if name == VISITOR:
        own = {UNIT_COLUMNS[cut.unit_type]: unit.exposure.unit_id}
        before = Event.objects.filter(traffic="", ts_us__lt=unit.exposure.ts_us, **own)
        return "returning" if before.exists() else "new"
    value = unit.exposure.attributes.get(name, "")
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("history", [False, True])
def test_random_rows__by_day__are_what_was_known_by_the_end_of_each(
    experiment: Experiment, seed: int, history: bool
) -> None:
    furnished_rows(experiment, random.Random(f"days {seed}"))
    cut, caps = until(experiment), {"revenue": 2**32}
    daily = [CONVERSION, SPENT, AOV, CTR, KEPT]
    units = units_of(cut)

    query = compile_query(daily, cut, caps=caps, with_history=history, by_day=True)
    found = run_groups(query)

    for metric in daily:
        for (day,), variants in found[metric.key].items():
            known = [known_by(unit, day) for unit in units if unit.exposure.day <= day]
            due = samples(metric, cut, known, caps.get(metric.key), history=history)
            assert variants == due, (metric.key, day)
    assert run_query(query) == run_query(compile_query(daily, cut, caps=caps))


def known_by(unit: Unit, day: str) -> Unit:
    return Unit(
        unit.exposure,
        [each for each in unit.events if each.day <= day],
        [each for each in unit.slates if each.day <= day],
    )


@pytest.mark.parametrize("metric", [LATENCY, BASKET, SPENT, CONVERSION])
@pytest.mark.parametrize("seed", range(3))
def test_random_rows__values__agree_with_plain_python(
    experiment: Experiment, seed: int, metric: MetricQuery
) -> None:
    furnished_rows(experiment, random.Random(f"values {seed}"))
    cut = until(experiment)
    units = units_of(cut)

    found = run_values(compile_values(metric, cut))

    for variant, values in found.items():
        mine = [unit for unit in units if unit.exposure.variant_id == variant]
        if metric.kind == "quantile":
            assert values == single_values(metric, cut, mine)
        else:
            assert values.moments() == run_query(compile_query([metric], cut))[metric.key][variant]
    assert found


def test_quantile__of_several_values_per_unit__shares_them_out_at_itself(
    experiment: Experiment,
) -> None:
    furnished_rows(experiment, random.Random("quantile"))
    cut = until(experiment)

    found = quantiles_of(LATENCY, cut)

    for variant, estimate in found.quantiles.items():
        mine = [unit for unit in units_of(cut) if unit.exposure.variant_id == variant]
        values = single_values(LATENCY, cut, mine)
        at = values.quantile(0.5)
        assert estimate.estimate.value == at
        assert at is not None
        assert found.shares[variant].sum_y == values.at_most(int(at))
        assert found.shares[variant].sum_x == values.n == estimate.n_values
        assert found.shares[variant].n == len(mine)


def test_segment__of_units__leaves_the_others_out(experiment: Experiment) -> None:
    furnished_rows(experiment, random.Random("segment"))
    whole = until(experiment)
    first = NOW.date().isoformat()
    cut = replace(whole, segment=(("is_vip", True),), day_from=first, day_to=first)
    kept = [
        unit
        for unit in units_of(whole)
        if unit.exposure.attributes.get("is_vip") is True and unit.exposure.day == first
    ]

    found = run_groups(compile_query([SPENT], cut))["revenue"].get((), {})

    assert found == samples(SPENT, whole, kept, history=False)


@pytest.mark.parametrize(
    ("metric", "field"),
    [
        (MetricQuery("m", "mean", {"source": "moon"}), "numerator.source"),
        (MetricQuery("m", "mean", {"source": "slates", "type": "x"}), "numerator.type"),
        (MetricQuery("m", "mean", {"source": "events"}), "numerator.type"),
        (MetricQuery("m", "mean", {**PURCHASE, "sum": "password"}), "numerator.sum"),
        (MetricQuery("m", "mean", {**PURCHASE, "count": "people"}), "numerator.count"),
        (MetricQuery("m", "mean", {**SLATES, "sum": "password"}), "numerator.sum"),
        (MetricQuery("m", "ratio", PURCHASE), "denominator"),
        (MetricQuery("m", "ratio", PURCHASE, REVENUE), "denominator"),
        (MetricQuery("m", "ratio", PURCHASE, {"source": "moon"}), "denominator.source"),
        (MetricQuery("m", "mean", {**CLICKS, "where": []}), "numerator.where"),
        (MetricQuery("m", "mean", {**CLICKS, "where": {"age": 3}}), "numerator.where.age"),
        (MetricQuery("m", "mean", {**CLICKS, "where": {"rank": "x"}}), "numerator.where.rank"),
        (MetricQuery("m", "mean", {**CLICKS, "where": {"rank": {}}}), "numerator.where.rank"),
        (MetricQuery("m", "mean", {**CLICKS, "where": {"rank": []}}), "numerator.where.rank"),
        (
            MetricQuery("m", "mean", {**CLICKS, "where": {"item_id": {"gt": 3}}}),
            "numerator.where.item_id",
        ),
        (
            MetricQuery("m", "mean", {**CLICKS, "where": {"rank": {"like": 3}}}),
            "numerator.where.rank",
        ),
        (
            MetricQuery("m", "mean", {**CLICKS, "where": {"properties.a'b": 3}}),
            "numerator.where.properties.a'b",
        ),
        (MetricQuery("m", "retention", PURCHASE), "numerator.day"),
        (MetricQuery("m", "retention", {**PURCHASE, "day": -1}), "numerator.day"),
        (MetricQuery("m", "quantile", {**SLATES, "value": "latency_us"}), "numerator.quantile"),
        (MetricQuery("m", "quantile", {**SLATES, "quantile": 0.5}), "numerator.value"),
        (
            MetricQuery("m", "quantile", {**PURCHASE, "value": "amount", "quantile": 1}),
            "numerator.quantile",
        ),
        (MetricQuery("m", "binary", {"source": "events", "steps": []}), "numerator.steps"),
        (
            MetricQuery("m", "binary", {"source": "events", "steps": [STEPS[0], STEPS[0]]}),
            "numerator.steps.1.type",
        ),
        (
            MetricQuery("m", "binary", {"source": "events", "steps": [STEPS[0], "purchase"]}),
            "numerator.steps.1",
        ),
        (MetricQuery("m", "mean", {"source": "sessions"}), "numerator.types"),
        (MetricQuery("m", "mean", {**ACTS, "bounced": 1}), "numerator.bounced"),
    ],
)
def test_check_metric__bad_definition__names_the_field(metric: MetricQuery, field: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        check_metric(metric)

    assert refused.value.field == field


@pytest.mark.parametrize("metric", [LATENCY, *ROWS_ONLY, SUMMED[-1]])
def test_compile_query__by_day_of_what_days_do_not_tell__is_refused(
    experiment: Experiment, metric: MetricQuery
) -> None:
    with pytest.raises(DefinitionError, match="not told by day"):
        compile_query([metric], until(experiment), by_day=True)


@pytest.mark.parametrize("by", [("a'b",), ("a", "b", "c", "d")])
def test_compile_query__by_what_is_no_attribute__is_refused(
    experiment: Experiment, by: tuple[str, ...]
) -> None:
    with pytest.raises(DefinitionError):
        compile_query([SPENT], until(experiment), by=by)
