"""The list of those who asked to be forgotten: what still comes of them is dropped."""

from collections.abc import Collection, Iterable

from experiments.assignment.specs import UnitIds
from experiments.models import Erasure
from experiments.subjects.hashing import digest_of

CHUNK = 500  # digests in one query; SQLite takes 999 parameters
KEPT_DIGITS = 16  # of a digest in memory: 64 bits, and a list of a million takes some 80 MB

UnitId = tuple[str, str]  # unit type, id


def ids_of(units: UnitIds) -> list[UnitId]:
    """Return those ids of a unit that there are, each with its type.

    >>> ids_of(UnitIds("v-1", "", "s-4"))
    [('visitor', 'v-1'), ('session', 's-4')]
    """
    named = (
        ("visitor", units.visitor_id),
        ("account", units.account_id),
        ("session", units.session_id),
    )
    return [(unit_type, unit_id) for unit_type, unit_id in named if unit_id]


def suppressed(site_id: int, ids: Iterable[UnitId]) -> set[UnitId]:
    """Return those of the ids (unit type, id) whose erasure the site remembers.

    One query for a site that has erased nobody, whatever the number of ids.
    """
    rows = Erasure.objects.filter(site_id=site_id)
    if not rows.exists():
        return set()
    by_digest = {digest_of(site_id, *each): each for each in ids}
    digests = sorted(by_digest)
    found: set[UnitId] = set()
    for start in range(0, len(digests), CHUNK):
        known = rows.filter(digest__in=digests[start : start + CHUNK])
        found.update(by_digest[digest] for digest in known.values_list("digest", flat=True))
    return found


def short_digests() -> dict[int, frozenset[str]]:
    """Return what requests look up, by site: the beginnings of all digests."""
    found: dict[int, set[str]] = {}
    for site_id, digest in Erasure.objects.values_list("site_id", "digest"):
        found.setdefault(site_id, set()).add(digest[:KEPT_DIGITS])
    return {site_id: frozenset(digests) for site_id, digests in found.items()}


def is_suppressed(site_id: int, erased: Collection[str], units: UnitIds) -> bool:
    """Return whether one of a unit's ids is on the list `erased` of short digests; no query."""
    return bool(erased) and any(
        digest_of(site_id, *each)[:KEPT_DIGITS] in erased for each in ids_of(units)
    )
