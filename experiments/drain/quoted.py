"""Slates that events quote, with what an event or a click needs of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from experiments.models import Slate
from experiments.registries import UnitKey

# Ids in one query; SQLite takes 999 parameters.
CHUNK = 5_000 if connection.vendor == "postgresql" else 500

Key = tuple[int, UUID]
COLUMNS = (
    "site_id", "request_id", "pk", "visitor_id", "account_id", "session_id", "clicked",
    "experiment_id", "phase", "unit_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class QuotedSlate:
    """A stored slate; `unit`: experiment id, phase and unit id when it was served in one."""

    pk: int
    visitor_id: str
    account_id: str
    session_id: str
    is_clicked: bool
    unit: UnitKey | None


def quoted_slates(keys: Iterable[Key]) -> dict[Key, QuotedSlate]:
    """Return those slates that there are, by site and request id."""
    by_site: dict[int, set[UUID]] = {}
    for site_id, request_id in keys:
        by_site.setdefault(site_id, set()).add(request_id)
    found: dict[Key, QuotedSlate] = {}
    for site_id, wanted in by_site.items():
        ids = sorted(wanted)
        for start in range(0, len(ids), CHUNK):
            rows = Slate.objects.filter(
                site_id=site_id, request_id__among=ids[start : start + CHUNK]
            )
            for _site, request_id, *rest in rows.values_list(*COLUMNS):
                found[site_id, request_id] = _quoted(*rest)
    return found


def mark_clicked(slates: Iterable[QuotedSlate]) -> frozenset[UnitKey]:
    """Mark slates as clicked; return the units whose slates changed.

    The caller holds the tail lock, or two drains could mark the same slates in another order.
    """
    marked = {slate.pk: slate.unit for slate in slates if not slate.is_clicked}
    pks = sorted(marked)
    for start in range(0, len(pks), CHUNK):
        Slate.objects.filter(pk__among=pks[start : start + CHUNK], clicked=0).update(clicked=1)
    return frozenset(unit for unit in marked.values() if unit is not None)


def _quoted(
    pk: int,
    visitor_id: str,
    account_id: str,
    session_id: str,
    clicked: int,
    experiment_id: int | None,
    phase: int | None,
    unit_id: str,
) -> QuotedSlate:
    unit = None if experiment_id is None else (experiment_id, phase or 0, unit_id)
    return QuotedSlate(pk, visitor_id, account_id, session_id, bool(clicked), unit)
