"""Replays of a small past: the real split errs as it should, planted faults are called off."""

from dataclasses import replace

import numpy as np
import pytest

from analytics.models import AnalysisSettings
from analytics.replay.history import TooLittleHistory
from analytics.replay.results import Replay, ReplayRow
from analytics.replay.running import prepare, run
from analytics.replay.splitting import Hashed, Places, Split
from analytics.replay.values import UnitValues
from analytics.reporting.measuring import measure
from analytics.reporting.metric_rows import stored_moments
from experiments.assignment.assign import decide_experiment
from experiments.assignment.specs import UnitIds, Visit
from experiments.models import Allocation, Event, Exposure, Slate
from tests.analytics.replay.shop import a_past
from tests.analytics.rows import exposure
from tests.factories import two_variants

pytestmark = pytest.mark.django_db

SPLITS = 60


def row_of(replay: Replay, metric: str) -> ReplayRow:
    return next(row for row in replay.rows if row.metric == metric)


def test_replay__of_the_real_split__errs_as_it_should() -> None:
    replay = run(prepare(a_past(monitoring="fixed")), splits=SPLITS, seed=1)

    assert replay.n_units == 600
    assert {row.metric for row in replay.rows} == {"conversion", "revenue_per_unit", "ctr"}
    assert {row.state for row in replay.rows} == {"good"}
    assert replay.alarms["state"] == "good"
    assert replay.alarms["n_alarms"] == 0
    assert row_of(replay, "revenue_per_unit").cap is not None
    assert sum(row_of(replay, "ctr").evidence["histogram"]) == SPLITS


def test_replay__of_one_seed__is_the_same_again() -> None:
    prepared = prepare(a_past(300, monitoring="fixed"))

    once, again = (run(prepared, splits=5, seed=4) for _ in range(2))
    other = run(prepared, splits=5, seed=5)

    assert replace(once, seconds=0) == replace(again, seconds=0)
    assert once.rows != other.rows


def sixty_to_forty(hashed: Hashed, _values: UnitValues) -> Split:
    """A fifth of the units of the control are moved to the treatment."""

    def split(seed: str) -> Places:
        places = hashed(seed)
        moved = np.random.default_rng(len(seed)).random(len(places)) < 0.2
        return np.where(moved & (places == 0), 1, places).astype(np.int16)

    return split


def test_replay__of_a_split_of_sixty_to_forty__raises_alarms() -> None:
    prepared = prepare(a_past(1_500, monitoring="fixed"))

    replay = run(prepared, splits=20, seed=1, make=sixty_to_forty)

    assert replay.alarms["state"] == "bad"
    assert replay.alarms["n_alarms"] > 10
    assert "do not fall into variants as configured" in replay.alarms["action"]


def telling(_hashed: Hashed, values: UnitValues) -> Split:
    """Whoever converted is three times as likely to be in the treatment."""
    converted = values.sums[0].numbers[values.sums[0].columns[0].sums[0]] > 0

    def split(seed: str) -> Places:
        drawn = np.random.default_rng(list(seed.encode())).random(len(converted))
        return (drawn < np.where(converted, 0.75, 0.5)).astype(np.int16)

    return split


def test_replay__of_a_metric_that_knows_the_variant__calls_it_off() -> None:
    replay = run(prepare(a_past(monitoring="fixed")), splits=30, seed=1, make=telling)

    found = row_of(replay, "conversion")
    assert found.state == "bad"
    assert found.evidence["rate"] > 0.5
    assert "Do not decide by it" in found.action
    assert row_of(replay, "ctr").state == "good"


def test_replay__of_one_whale__errs_too_seldom_or_is_uneven_and_names_the_cap() -> None:
    experiment = a_past(400, monitoring="fixed")
    AnalysisSettings.objects.create(experiment=experiment, uses_winsor=False, uses_cuped=False)
    orders = Event.objects.filter(site=experiment.site, type="purchase")
    whale = orders.latest("ts_us").visitor_id
    orders.filter(visitor_id=whale).update(amount=9_000_000)

    replay = run(prepare(experiment), splits=100, seed=1)

    found = row_of(replay, "revenue_per_unit")
    assert found.state == "warn"
    assert "winsorise" in found.action


def test_split__of_units__is_that_of_each_alone() -> None:
    prepared = prepare(a_past(300))

    places = prepared.hashed("aa:home-test:1:7")
    spec = replace(prepared.hashed.spec, seed="aa:home-test:1:7")
    alone = [
        decide_experiment(spec, Visit(UnitIds(visitor_id=str(unit)))).variant
        for unit in prepared.units.ids[:50]
    ]

    keys = [prepared.scope.variants[place].key for place in places[:50]]
    assert keys == [variant.key if variant else None for variant in alone]


def test_sums__of_a_split__are_those_of_a_report_over_the_same_exposures() -> None:
    prepared = prepare(a_past(400, monitoring="fixed"))
    judged = prepared.judge().judge("aa:home-test:1:0")
    scope, places = prepared.scope, prepared.hashed("aa:home-test:1:0")
    for unit, place in zip(prepared.units.ids.tolist(), places.tolist(), strict=True):
        _enter(scope.experiment, scope.variants[place], unit)

    measured = measure(scope, prepared.values.caps)

    assert stored_moments(scope, judged.measured) == stored_moments(scope, measured)


def _enter(experiment, variant, unit: str) -> None:  # type: ignore[no-untyped-def]
    lists = Slate.objects.filter(site=experiment.site, visitor_id=unit)
    first = lists.earliest("ts_us")
    lists.update(experiment=experiment, phase=1, variant=variant, unit_id=unit)
    exposure(experiment, variant, unit, first.served_at, ts_us=first.ts_us).save()


def test_replay__of_half_the_traffic__splits_those_who_would_enter() -> None:
    experiment = a_past(400)
    Allocation.objects.filter(experiment=experiment).update(start=0, stop=5000, admitted_stop=0)

    prepared = prepare(type(experiment).objects.get(pk=experiment.pk))

    assert prepared.units.n_seen == 400
    assert 150 < len(prepared.units) < 250


def test_replay__of_three_variants__has_a_row_for_each_treatment() -> None:
    variants = [*two_variants(), replace(two_variants()[1], key="third", name="Third")]
    replay = run(prepare(a_past(300, variants=variants, monitoring="fixed")), splits=20, seed=1)

    assert {row.treatment for row in replay.rows} == {"treatment", "third"}
    assert len(replay.rows) == 6


def test_replay__of_too_short_a_past__says_how_many_units_are_needed() -> None:
    with pytest.raises(TooLittleHistory, match="at least 100 have to"):
        prepare(a_past(60))


def test_replay__of_an_audience__takes_those_that_match_it() -> None:
    experiment = a_past(300, eligibility={"country": "DE"})
    some = Slate.objects.filter(site=experiment.site).order_by("visitor_id", "ts_us")
    names = sorted({slate.visitor_id for slate in some})[:120]
    some.filter(visitor_id__in=names).update(attributes={"country": "DE"})

    prepared = prepare(experiment)

    assert sorted(prepared.units.ids.tolist()) == names


def test_replay__writes_no_exposure() -> None:
    run(prepare(a_past(200)), splits=3, seed=1)

    assert not Exposure.objects.exists()
