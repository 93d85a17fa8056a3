"""Flags of units: raised and taken back by hand or by the rule of outliers, put on exposures."""

from django.db import connection, transaction
from django.utils import timezone

from experiments.drain.flags import Flag, exposures_of, mark_exposures
from experiments.drain.lock import hold_tail_lock
from experiments.models import FlaggedUnit
from experiments.registries import APPLIERS, Touched
from experiments.services.audit import SERVICE, record_change

SHOPPER = ""


@transaction.atomic
def flag_unit(flag: FlaggedUnit, *, actor: str = SERVICE) -> None:
    """Store a flag, new or changed, and put it on the unit's exposures and on record.

    A flag whose traffic is "" says that the unit is a shopper, whatever a rule would say.
    """
    _hold(flag)
    stored = FlaggedUnit.objects.filter(pk=flag.pk).first() if flag.pk else None
    flag.at = timezone.now()
    flag.save()
    _mark(flag, flag.traffic)
    if actor != SERVICE:  # what the rule does is counted, and a flood of bots fills no record
        _record(flag, _facts(stored), _facts(flag), actor)


@transaction.atomic
def forget_flag(flag: FlaggedUnit, *, actor: str) -> None:
    """Delete a flag, take it off the unit's exposures and put that on record."""
    _hold(flag)
    _record(flag, _facts(flag), {}, actor)
    _mark(flag, SHOPPER)
    flag.delete()


def _hold(flag: FlaggedUnit) -> None:
    """Lock the unit's exposures and then the tail, as a drain does: neither waits for the other."""
    rows = exposures_of(Flag(flag.site_id, flag.unit_type, flag.unit_id, flag.traffic))
    if connection.features.has_select_for_update:
        rows = rows.order_by("experiment_id", "phase").select_for_update(of=("self",))
        list(rows.values_list("pk"))
    hold_tail_lock()


def _mark(flag: FlaggedUnit, traffic: str) -> None:
    mark = Flag(flag.site_id, flag.unit_type, flag.unit_id, traffic)
    if changed := mark_exposures([mark]):
        for apply in APPLIERS:
            apply(Touched(exposures=changed))


def _facts(flag: FlaggedUnit | None) -> dict[str, str]:
    """Return what goes on record: never the unit's id, which an erasure could not take back."""
    if flag is None:
        return {}
    return {"unit_type": flag.unit_type, "traffic": flag.traffic, "detail": flag.detail}


def _record(flag: FlaggedUnit, before: dict[str, str], after: dict[str, str], actor: str) -> None:
    action = "edit" if before and after else "create" if after else "delete"
    record_change(
        site=flag.site,
        subject=f"flagged unit {flag.pk}",
        action=action,
        actor=actor,
        before=before,
        after=after,
    )
