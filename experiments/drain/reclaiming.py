"""An exposure that was applied while its claim did not hold, claimed again."""

from datetime import UTC, datetime

from django.db import transaction

from experiments.assignment.specs import UnitIds
from experiments.drain.claims import Claim, outcome_of
from experiments.drain.events import apply_events
from experiments.drain.exposures import record_exposures
from experiments.drain.finish import finish_pass
from experiments.drain.slates import apply_slates
from experiments.intake.accepting import MAX_AHEAD
from experiments.intake.shapes import EventIn, text_id
from experiments.models import Site, Slate


@transaction.atomic
def recheck_claim(site: Site, event: EventIn, *, received_at: datetime, now: datetime) -> str:
    """Record the exposure that an applied event claims; return why it does not hold, "" if it does.

    Its id is in the ledger, so that through the inbox it would be a repeat. `now`: the clock that
    it came by. What rests on exposures is brought up to date as by the drain.
    """
    is_ahead = event.occurred_at > now + MAX_AHEAD
    moment = now if is_ahead else event.occurred_at.astimezone(UTC)
    sighting = outcome_of(Claim(site, event, _units(site, event), moment, received_at))
    if isinstance(sighting, str):
        return sighting
    exposed = record_exposures([sighting])
    finish_pass(apply_slates([]), apply_events([]), exposed)
    return ""


def _units(site: Site, event: EventIn) -> UnitIds:
    """Return the event's ids; what it lacks comes from the list that it quotes."""
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
