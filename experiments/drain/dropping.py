"""Leaving out what still comes of erased units: it is counted, and stored nowhere."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from experiments.assignment.specs import UnitIds
from experiments.drain.documents import Arrival
from experiments.intake.slates import ServedSlate
from experiments.models import Erasure
from experiments.subjects.suppression import UnitId, ids_of, suppressed

T = TypeVar("T")
Named = tuple[int, UnitIds]  # site id, and the ids that were sent


def without_erased(
    arrived: Sequence[T], named: Callable[[T], Named]
) -> tuple[list[T], Counter[int]]:
    """Return what did not come of an erased unit, and how many did, by site.

    `named`: whose each is. One query in all where nobody was erased.
    """
    if not Erasure.objects.exists():
        return list(arrived), Counter()
    names = [named(each) for each in arrived]
    erased = _erased(names)
    kept = [
        each
        for each, (site_id, units) in zip(arrived, names, strict=True)
        if erased[site_id].isdisjoint(ids_of(units))
    ]
    dropped = Counter(site_id for site_id, _units in names)
    dropped.subtract(named(each)[0] for each in kept)
    return kept, +dropped


def _erased(names: Iterable[Named]) -> dict[int, set[UnitId]]:
    ids: dict[int, set[UnitId]] = {}
    for site_id, units in names:
        ids.setdefault(site_id, set()).update(ids_of(units))
    return {site_id: suppressed(site_id, each) for site_id, each in ids.items()}


def sent_by(arrival: Arrival) -> Named:
    """Return whose an accepted event is, by the ids that it brought itself."""
    return arrival.batch.site_id, UnitIds(*arrival.event.own_ids)


def served_to(slate: ServedSlate) -> Named:
    """Return whose a served list is."""
    return slate.site_id, UnitIds(slate.visitor_id, slate.account_id, slate.session_id)
