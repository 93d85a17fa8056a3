"""Making rollups from the rows: in chunks, beside the drain, resumed where one was killed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.models import RollupState
from analytics.rollups import building
from analytics.rollups.building import LEASE, build_phase
from analytics.rollups.states import ask_for_rollups
from experiments.models import Event, Experiment, Exposure
from tests.analytics.rollups.kept import (
    a_running_one,
    from_rollups,
    from_rows,
    kept_rows,
    measured,
    statuses,
)
from tests.analytics.rows import event, exposure
from tests.experiments.drain.waiting import a_purchase, apply_all, put_events
from tests.factories import NOW

pytestmark = pytest.mark.django_db

UNITS = 25


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build ten units at once, so that few units are several chunks."""
    monkeypatch.setattr(building, "CHUNKS", {})
    monkeypatch.setattr(building, "CHUNK", 10)


@pytest.fixture
def experiment() -> Experiment:
    """An experiment of 25 units with a purchase each, whose rollups are asked for."""
    experiment = a_running_one()
    control = experiment.variants.get(is_control=True)
    units = [f"u{number:02}" for number in range(UNITS)]
    Exposure.objects.bulk_create(exposure(experiment, control, unit, NOW) for unit in units)
    Event.objects.bulk_create(
        event(experiment.site, "purchase", NOW, visitor_id=unit, amount=100, order_ref=unit)
        for unit in units
    )
    ask_for_rollups(experiment, NOW)
    return experiment


def test_build__in_chunks__reaches_every_unit(experiment: Experiment) -> None:
    told: list[int] = []

    assert build_phase(experiment.pk, 1, progress=told.append)

    assert told == [10, 10, 5]
    assert statuses(experiment) == {"current"}
    assert set(RollupState.objects.values_list("n_units", flat=True)) == {UNITS}
    assert from_rollups(experiment) == from_rows(experiment)


def test_report__while_rollups_are_built__reads_the_rows(experiment: Experiment) -> None:
    assert not build_phase(experiment.pk, 1, limit_s=0)

    assert statuses(experiment) == {"building"}
    assert set(measured(experiment).sources.values()) == {"rows"}


def test_build__stopped_by_its_limit__goes_on_where_it_stopped(experiment: Experiment) -> None:
    told: list[int] = []
    build_phase(experiment.pk, 1, limit_s=0, progress=told.append)

    assert build_phase(experiment.pk, 1, progress=told.append)

    assert told == [10, 10, 5]
    assert from_rollups(experiment) == from_rows(experiment)


@pytest.mark.parametrize(("silent_for", "is_taken"), [(LEASE / 2, False), (LEASE * 2, True)])
def test_build__killed_on_the_way__is_taken_over_once_its_lease_is_over(
    experiment: Experiment, silent_for: timedelta, is_taken: bool
) -> None:
    build_phase(experiment.pk, 1, limit_s=0)
    RollupState.objects.update(claimed_at=timezone.now() - silent_for)
    told: list[int] = []

    build_phase(experiment.pk, 1, progress=told.append)

    assert told == ([10, 5] if is_taken else [])
    assert statuses(experiment) == {"current" if is_taken else "building"}


def test_drain__between_two_chunks__keeps_up_what_was_built_and_what_was_not(
    experiment: Experiment,
) -> None:
    build_phase(experiment.pk, 1, limit_s=0)
    for unit in ("u00", "u24"):
        put_events(experiment.site, a_purchase(900, unit={"visitor_id": unit}))
    apply_all()

    assert build_phase(experiment.pk, 1)

    kept = kept_rows(experiment)
    assert kept["revenue_per_unit", "u00"] == kept["revenue_per_unit", "u24"] == (1000, 0, 0, 0)
    assert from_rollups(experiment) == from_rows(experiment)


def test_build__rules_changed_on_the_way__waits_to_be_built_anew(experiment: Experiment) -> None:
    build_phase(experiment.pk, 1, limit_s=0)
    Experiment.objects.update(window_days=3)

    assert build_phase(experiment.pk, 1)

    experiment.refresh_from_db()
    assert from_rollups(experiment) == from_rows(experiment)


def test_build__metric_asked_for_beside_a_half_built_one__misses_no_unit(
    experiment: Experiment,
) -> None:
    build_phase(experiment.pk, 1, limit_s=0)
    RollupState.objects.filter(metric__key="ctr").delete()
    ask_for_rollups(experiment, NOW)

    assert build_phase(experiment.pk, 1)

    assert from_rollups(experiment) == from_rows(experiment)
    assert set(RollupState.objects.values_list("n_units", flat=True)) == {UNITS}


def test_build__of_what_is_current__does_nothing(experiment: Experiment) -> None:
    build_phase(experiment.pk, 1)
    told: list[int] = []

    assert build_phase(experiment.pk, 1, progress=told.append)

    assert told == []
