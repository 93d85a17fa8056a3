"""What quarantine may keep: nothing of erased units, and hashes where a site stores hashes."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from experiments.models import Quarantine
from experiments.subjects.bodies import KEYS, parsed, under_keys
from experiments.subjects.hashing import digest_of
from experiments.subjects.hiding import hidden_body
from experiments.subjects.suppression import KEPT_DIGITS


class Keeping(Protocol):
    """What a site's snapshot says about whose ids may be kept, and how."""

    @property
    def id(self) -> int:
        """Return the site's id."""

    @property
    def hash_ids(self) -> bool:
        """Return whether ids are stored as hashes."""

    @property
    def erased(self) -> frozenset[str]:
        """Return the beginnings of the digests of erased units."""


def keepable(rows: Iterable[Quarantine], site: Keeping) -> Iterator[Quarantine]:
    """Yield those refused events that may be kept, as they may be; no query."""
    for row in rows:
        if site.erased and _is_erased(row.body, site):
            continue
        if site.hash_ids:
            row.body = hidden_body(row.body, site_id=site.id)
        yield row


def _is_erased(body: str, site: Keeping) -> bool:
    document = parsed(body)
    return any(
        digest_of(site.id, unit_type, unit_id)[:KEPT_DIGITS] in site.erased
        for unit_type in KEYS
        for unit_id in under_keys(document, KEYS[unit_type])
    )
