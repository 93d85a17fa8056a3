"""Claims of exposures that came before the list that they quote, checked again when it comes."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db import connection

from experiments.assignment.specs import UnitIds
from experiments.drain.claims import MISMATCH, Claim, is_claim, outcome_of
from experiments.drain.exposures import Sighting, record_exposures
from experiments.drain.linked import chunks
from experiments.drain.tallies import count_held
from experiments.intake.shapes import EventIn, event_decoder, text_id
from experiments.models import Event, Quarantine, Site, Slate
from experiments.registries import UnitKey

When = tuple[datetime, datetime]  # it occurred, it was received


def claim_again(completed: Iterable[Event]) -> frozenset[UnitKey]:
    """Record the exposures whose unit only the list that came later tells; return whose they are.

    `completed`: stored events that a list has just lent ids. Claims that were set aside for want of
    them are taken out of quarantine. The caller holds the tail lock: of two drains that wait for
    each other here, which takes a unit that both record, the database ends one, and it is repeated.
    """
    held: list[Sighting] = []
    for chunk in chunks([event for event in completed if is_claim(event)]):
        held += _held(_moments(chunk))
    return record_exposures(held)


def units_of(site: Site, event: EventIn) -> UnitIds:
    """Return an event's ids; what it lacks comes from the list that it quotes."""
    own = UnitIds(
        text_id(event.unit.visitor_id), text_id(event.unit.account_id), text_id(event.session_id)
    )
    slate = (
        event.request_id and Slate.objects.filter(site=site, request_id=event.request_id).first()
    )
    if not slate:
        return own
    return UnitIds(
        own.visitor_id or slate.visitor_id,
        own.account_id or slate.account_id,
        own.session_id or slate.session_id,
    )


def _moments(events: Sequence[Event]) -> dict[tuple[int, str], When]:
    """Return, by site and event id, when these events were; those of bots are left out."""
    days = {event.day for event in events}
    rows = Event.objects.filter(pk__in=[each.pk for each in events], day__in=days, traffic="")
    told = rows.values_list("site_id", "event_id", "occurred_at", "received_at")
    return {(site_id, str(event_id)): (at, came) for site_id, event_id, at, came in told}


def _held(moments: dict[tuple[int, str], When]) -> Iterator[Sighting]:
    """Yield what those of these claims amount to that were set aside and hold now."""
    for row in _set_aside(moments):
        event = event_decoder.decode(row.body)
        occurred_at, received_at = moments[row.site_id, row.event_id]
        claim = Claim(row.site, event, units_of(row.site, event), occurred_at, received_at)
        sighting = outcome_of(claim)
        if isinstance(sighting, Sighting):
            row.delete()
            count_held(row.site_id)
            yield sighting


def _set_aside(moments: dict[tuple[int, str], When]) -> list[Quarantine]:
    """Return the claims in quarantine, but those that somebody is replaying at this moment.

    Where rows hold hashes of ids no claim can be checked: it rests on the ids themselves.
    """
    rows = Quarantine.objects.filter(
        site_id__in={site_id for site_id, _event_id in moments},
        received_at__in={received_at for _at, received_at in moments.values()},
        code=MISMATCH,
        replayed_at=None,
        site__hash_ids=False,
    ).select_related("site")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return [row for row in rows.order_by("pk") if (row.site_id, row.event_id) in moments]
