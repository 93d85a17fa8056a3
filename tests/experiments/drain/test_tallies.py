"""What was accepted is applied, a repeat, set aside, dropped, or still waiting: nothing else."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Sum

from experiments.clock import microseconds
from experiments.drain import drain_once
from experiments.drain.isolating import MAX_ATTEMPTS
from experiments.intake.importing import EventRecord, import_events
from experiments.models import Duplicate, InboxBatch, Site, Tally
from experiments.registries import APPLIERS, Touched
from experiments.selectors import newest_applied_us
from tests.experiments.drain.waiting import (
    a_purchase,
    a_slate,
    an_event,
    put_events,
    put_poison,
    put_slates,
)
from tests.factories import NOW, a_site, running_experiment

pytestmark = pytest.mark.django_db(transaction=True)


def drained(site: Site) -> tuple[int, int, int]:
    row = Tally.objects.get(site=site, slot=Tally.DRAIN)
    return row.applied, row.duplicates, row.quarantined


def balance(site: Site) -> int:
    """Return accepted less all that became of it: 0 when nothing was lost."""
    names = ("accepted", "applied", "duplicates", "quarantined", "dropped")
    sums = Tally.objects.filter(site=site).aggregate(**{name: Sum(name) for name in names})
    waiting = InboxBatch.objects.filter(site=site).aggregate(n=Sum("n_events"))["n"] or 0
    accepted, *rest = (sums[name] for name in names)
    return int(accepted - sum(rest) - waiting)


def test_tally__of_every_fate__adds_up_in_each_site() -> None:
    site, other = a_site("one"), a_site("two")
    running_experiment(site)
    bought = a_purchase(100)
    put_events(site, bought, bought, an_event("exposure", properties={"experiment": "none"}))
    put_events(site, {**bought, "value": {"amount": 1, "currency": "EUR"}}, an_event())
    put_events(other, bought)
    drain_once()
    put_events(site, bought, an_event())

    assert drained(site) == (2, 1, 2)
    assert drained(other) == (1, 0, 0)
    assert (balance(site), balance(other)) == (0, 0)
    drain_once()
    assert drained(site) == (3, 2, 2)
    assert balance(site) == 0


def test_tally__newest__is_the_latest_row_of_any_pass() -> None:
    site = a_site()
    put_slates(a_slate(site, at=NOW))
    drain_once()
    put_events(site, an_event(at=NOW.replace(year=2025)), now=NOW.replace(year=2025))
    drain_once()

    assert Tally.objects.get(slot=Tally.DRAIN).newest_us == microseconds(NOW)


def test_tally__poison_batch__counts_its_events_as_set_aside() -> None:
    site = a_site()
    put_events(site, an_event(), an_event())
    put_poison(site)
    InboxBatch.objects.filter(n_events=2).update(doc='{"events": [{}]}')

    for _ in range(MAX_ATTEMPTS):
        drain_once()

    assert drained(site) == (0, 0, 2)
    assert balance(site) == 0


def test_duplicates__are_kept_with_what_was_sent() -> None:
    site = a_site()
    seen = an_event("view_item", unit={"visitor_id": "v-1", "account_id": 5})
    put_events(site, seen, seen)

    drain_once()

    kept = Duplicate.objects.get()
    assert (str(kept.event_id), kept.type) == (seen["event_id"], "view_item")
    assert (kept.visitor_id, kept.account_id, kept.request_id) == ("v-1", "5", None)


@pytest.fixture
def applied() -> Any:
    """Collect what appliers are told."""
    heard: list[Touched] = []
    APPLIERS.append(heard.append)
    yield heard
    APPLIERS.remove(heard.append)


def test_appliers__new_events_and_slates__hear_of_them_once(applied: list[Touched]) -> None:
    site = a_site()
    experiment = running_experiment(site)
    variant = experiment.variants.select_related("experiment").get(key="control")
    bought = a_purchase(1)
    put_slates(a_slate(site, variant=variant))
    put_events(site, bought, an_event(unit={"account_id": "a-1"}, session_id="s-1"))
    drain_once()
    put_events(site, bought)
    drain_once()

    assert applied == [
        Touched(
            exposures=frozenset({(experiment.pk, 1, "v-1")}),
            slates=frozenset({(experiment.pk, 1, "v-1")}),
            events=frozenset(
                {
                    (site.pk, "purchase", "v-1", "", "", microseconds(NOW)),
                    (site.pk, "view_item", "", "a-1", "s-1", microseconds(NOW)),
                }
            ),
        )
    ]


@pytest.fixture
def failing() -> Any:
    """Let an applier fail as a database does, until it is told to stop."""
    errors: list[Callable[[], None]] = []

    def apply(_touched: Touched) -> None:
        if errors:
            errors.pop()()

    APPLIERS.append(apply)
    yield errors
    APPLIERS.remove(apply)


def test_applier__that_fails_once__leaves_nothing_half_done(failing: list[Any]) -> None:
    site = a_site()

    def fail() -> None:
        raise DatabaseError("no")

    failing += [fail, fail, fail]
    put_events(site, an_event())
    with transaction.atomic():
        first = drain_once()
    again = drain_once()

    assert (first.events, again.events) == (0, 0)
    assert balance(site) == 0
    assert InboxBatch.objects.get().attempts == 2


@pytest.mark.parametrize("is_simulated", [True, False])
def test_newest__of_imported_rows_after_applied_ones__is_the_clock_of_a_simulated_site_alone(
    is_simulated: bool,
) -> None:
    site = a_site()
    Site.objects.filter(pk=site.pk).update(is_simulated=is_simulated)
    site.refresh_from_db()
    put_events(site, an_event())
    drain_once()
    later = NOW + timedelta(days=3)
    record = EventRecord(uuid.uuid4(), "view_item", later, visitor_id="v-1")

    import_events(site=site, events=[record])

    assert newest_applied_us(site.pk) == microseconds(later if is_simulated else NOW)
    assert balance(site) == 0
