"""Hours without data, and variants without data."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import pytest

from analytics.trust.gaps import holes, silences
from experiments.models import Event, Experiment, Exposure
from tests.analytics.rows import event, exposure
from tests.analytics.trust.gate import gate
from tests.factories import NOW, a_site, draft_experiment

NONE: frozenset[int] = frozenset()
DAYS = 5
HOURS = 24 * DAYS


def steady(per_hour: int, out: range = range(0)) -> dict[int, int]:
    return {hour: per_hour for hour in range(HOURS) if hour not in out}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (steady(25), []),
        (steady(25, range(50, 53)), [(50, 53, 75)]),
        (steady(10, range(50, 53)), []),  # chance could do that
        ({}, []),
    ],
)
def test_holes__in_steady_traffic__are_those_that_chance_cannot_make(
    seen: Mapping[int, int], expected: list[tuple[int, int, float]]
) -> None:
    found = holes(seen, 0, HOURS, NONE)

    assert [(each.first, each.stop, each.due) for each in found] == expected


def test_holes__at_night_or_in_a_pause__are_none() -> None:
    nightly = {hour: 50 for hour in range(HOURS) if hour % 24 >= 6}
    paused = frozenset(range(60, 66))

    found = holes({h: n for h, n in nightly.items() if h not in paused}, 0, HOURS, paused)

    assert found == []


def test_silence__of_one_variant__is_told_with_what_was_due() -> None:
    seen = {hour: Counter({1: 10, 2: 10 if hour < 100 else 0}) for hour in range(HOURS)}

    (found,) = silences(seen, {1: 0.5, 2: 0.5}, HOURS)

    assert (found.variant_id, found.first, found.stop, found.due) == (2, 100, 120, 200)


def test_silence__of_a_rare_variant__waits_until_something_was_due() -> None:
    seen = {hour: Counter({1: 10, 2: int(hour < 30)}) for hour in range(40)}

    assert silences(seen, {1: 10 / 11, 2: 1 / 11}, 40) == []


def a_steady_run(*, without: range = range(0), silent_from: int = HOURS) -> Experiment:
    """Return a run of 24 units each hour, without some hours, its treatment silent from one on."""
    experiment = draft_experiment(a_site(is_simulated=True))
    start = NOW - timedelta(hours=HOURS)
    Experiment.objects.filter(pk=experiment.pk).update(status="running", started_at=start)
    control, treatment = experiment.variants.order_by("position", "id")
    rows = [
        exposure(
            experiment,
            control if number % 2 else treatment,
            f"u-{hour}-{number}",
            start + timedelta(hours=hour, minutes=2 * number),
        )
        for hour in range(HOURS)
        for number in range(24)
        if hour not in without and (number % 2 or hour < silent_from)
    ]
    Exposure.objects.bulk_create(rows)
    Event.objects.bulk_create([event(experiment.site, "view_item", NOW, visitor_id="last")])
    return Experiment.objects.get(pk=experiment.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("without", "state", "claim"),
    [
        (range(0), "good", "Exposures and events came in every hour in which they were due."),
        (range(50, 52), "warn", "In 2 h nothing came although something usually does."),
        (range(40, 65), "bad", "In 25 h nothing came although something usually does."),
    ],
)
def test_gaps__of_all__warn_and_block_when_they_are_long(
    without: range, state: str, claim: str
) -> None:
    found = gate(a_steady_run(without=without))["instrument_gaps"]

    assert (found["state"], found["claim"]) == (state, claim)


@pytest.mark.django_db
def test_gaps__a_variant_that_stopped_logging__is_bad_with_since_when_and_how_many() -> None:
    found = gate(a_steady_run(silent_from=110))["instrument_gaps"]

    assert found["state"] == "bad"
    assert found["claim"] == "Treatment had no exposures for 10 h while the others had."
    what, name, since, hours, due = found["table"]["rows"][0]
    assert (what, name, hours) == ("exposures", "Treatment", 10)
    assert since == (NOW - timedelta(hours=10)).strftime("%Y-%m-%d %H:%M")
    assert 100 <= due <= 120


@pytest.mark.django_db
def test_gaps__a_variant_whose_events_stopped__is_bad() -> None:
    experiment = a_steady_run()
    rows = Exposure.objects.filter(experiment=experiment).select_related("variant")
    Event.objects.bulk_create(
        event(
            experiment.site,
            "view_item",
            NOW - timedelta(hours=HOURS - hour, minutes=-30),
            visitor_id=row.unit_id,
        )
        for row in rows
        for hour in (int(row.unit_id.split("-")[1]),)
        if row.variant.is_control or hour < 80
    )

    found = gate(experiment)["instrument_gaps"]

    assert found["state"] == "bad"
    assert found["claim"].startswith("Treatment had no events for 40 h")
