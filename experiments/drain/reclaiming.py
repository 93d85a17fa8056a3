"""An exposure that was applied while its claim did not hold, claimed again."""

from datetime import UTC, datetime

from django.db import transaction

from experiments.drain.claims import Claim, outcome_of
from experiments.drain.events import apply_events
from experiments.drain.exposures import record_exposures
from experiments.drain.finish import finish_pass
from experiments.drain.late_claims import units_of
from experiments.drain.slates import apply_slates
from experiments.intake.accepting import MAX_AHEAD
from experiments.intake.shapes import EventIn
from experiments.models import Site


@transaction.atomic
def recheck_claim(site: Site, event: EventIn, *, received_at: datetime, now: datetime) -> str:
    """Record the exposure that an applied event claims; return why it does not hold, "" if it does.

    Its id is in the ledger, so that through the inbox it would be a repeat. `now`: the clock that
    it came by. What rests on exposures is brought up to date as by the drain.
    """
    is_ahead = event.occurred_at > now + MAX_AHEAD
    moment = now if is_ahead else event.occurred_at.astimezone(UTC)
    sighting = outcome_of(Claim(site, event, units_of(site, event), moment, received_at))
    if isinstance(sighting, str):
        return sighting
    exposed = record_exposures([sighting])
    finish_pass(apply_slates([]), apply_events([]), exposed)
    return ""
