"""Who was whom: the links between visitors and accounts, and the one that held at a moment."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from experiments.assignment.specs import UnitIds
from experiments.models import UnitLink

# Ids in one query; SQLite takes 999 parameters.
CHUNK = 5_000 if connection.vendor == "postgresql" else 500
Side = dict[tuple[int, str], list[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class Links:
    """Links by (site id, visitor) and by (site id, account): since when, and the other id."""

    visitors: Side = field(default_factory=dict)
    accounts: Side = field(default_factory=dict)

    @classmethod
    def of(cls, units: Iterable[tuple[int, UnitIds]]) -> "Links":
        """Return the links of these units, each with its site, of those that have one id only."""
        links = cls()
        sides: dict[int, tuple[set[str], set[str]]] = {}
        for site_id, ids in units:
            if bool(ids.visitor_id) is not bool(ids.account_id):
                side = sides.setdefault(site_id, (set(), set()))
                (side[0] if ids.visitor_id else side[1]).add(ids.visitor_id or ids.account_id)
        for site_id, (visitors, accounts) in sides.items():
            for link in links_of(site_id, visitors, accounts):
                links._add(link)
        return links

    def _add(self, link: UnitLink) -> None:
        since = link.first_us
        of_visitor = self.visitors.setdefault((link.site_id, link.visitor_id), [])
        of_visitor.append((since, link.account_id))
        of_account = self.accounts.setdefault((link.site_id, link.account_id), [])
        of_account.append((since, link.visitor_id))

    def completed(self, site_id: int, ids: UnitIds, ts_us: int) -> UnitIds:
        """Return ids with a missing visitor or account as it was linked at a moment."""
        visitor, account = ids.visitor_id, ids.account_id
        if visitor and not account:
            account = _as_of(self.visitors.get((site_id, visitor), ()), ts_us)
        elif account and not visitor:
            visitor = _as_of(self.accounts.get((site_id, account), ()), ts_us)
        return UnitIds(visitor, account, ids.session_id)


def _as_of(links: Sequence[tuple[int, str]], ts_us: int) -> str:
    """Return the other id of the latest link that had begun; of several at once, the smallest."""
    begun = [link for link in links if link[0] <= ts_us]
    latest = max((since for since, _other in begun), default=None)
    return min((other for since, other in begun if since == latest), default="")


def links_of(site_id: int, visitors: Iterable[str], accounts: Iterable[str]) -> list[UnitLink]:
    """Return the links that these visitors or accounts of a site are part of, each once."""
    rows = UnitLink.objects.filter(site_id=site_id)
    found: dict[int, UnitLink] = {}
    for name, ids in (("visitor_id__among", visitors), ("account_id__among", accounts)):
        for chunk in chunks(sorted(ids)):
            found.update((link.pk, link) for link in rows.filter(**{name: chunk}))
    return list(found.values())


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Return the values in pieces that one query takes."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
