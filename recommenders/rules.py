"""The merchandising rules and static lists of every site, as serving holds them."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from experiments.clock import microseconds
from recommenders.models import MerchandisingRule, StaticList

Kind = MerchandisingRule.Kind


class RuleSpec(msgspec.Struct, frozen=True):
    """One rule; `placement`: its key, "" for all; from `starts_us` until before `ends_us`.

    `amount`: the rank of a pin, the factor of a boost, else 0.
    """

    placement: str
    kind: str
    target: str
    value: str
    amount: float
    starts_us: int
    ends_us: int


@dataclass(frozen=True, slots=True)
class SiteRules:
    """A site's rules and its static lists by the key of their placement, "" for the site's own.

    `turns`: every moment at which a rule begins or ends, ascending.
    """

    rules: tuple[RuleSpec, ...] = ()
    lists: dict[str, tuple[str, ...]] | None = None
    turns: tuple[int, ...] = ()

    def stretch(self, now_us: int) -> int:
        """Return the number of the stretch of time in which the same rules are in force."""
        return bisect_right(self.turns, now_us) if self.turns else 0

    def in_force(self, placement: str, now_us: int) -> list[RuleSpec]:
        """Return the rules of a placement at a moment, the site's own included."""
        return [
            rule
            for rule in self.rules
            if rule.placement in ("", placement) and rule.starts_us <= now_us < rule.ends_us
        ]

    def static_list(self, placement: str) -> tuple[str, ...]:
        """Return the items of the placement's list, or of the site's; () without either."""
        lists = self.lists or {}
        return lists.get(placement) or lists.get("", ())


NO_RULES = SiteRules()
ALWAYS_US = 2**62


def rules_of(before: Mapping[int, SiteRules], site_id: int | None = None) -> dict[int, SiteRules]:
    """Return the rules of every site that has any; those that did not change are the same object.

    `site_id`: of this site alone.
    """
    of = {} if site_id is None else {"site_id": site_id}
    rules: dict[int, list[RuleSpec]] = {}
    rows = MerchandisingRule.objects.filter(is_active=True, **of).select_related("placement")
    for row in rows.order_by("id"):
        rules.setdefault(row.site_id, []).append(_spec(row))
    lists: dict[int, dict[str, tuple[str, ...]]] = {}
    for made in StaticList.objects.filter(**of).select_related("placement"):
        key = made.placement.key if made.placement else ""
        lists.setdefault(made.site_id, {})[key] = tuple(made.item_ids)
    found = {site: _compiled(rules.get(site, []), lists.get(site)) for site in {*rules, *lists}}
    return {
        site: before[site] if before.get(site) == compiled else compiled
        for site, compiled in found.items()
    }


def _spec(row: MerchandisingRule) -> RuleSpec:
    return RuleSpec(
        placement=row.placement.key if row.placement else "",
        kind=row.kind,
        target=row.target,
        value=row.value,
        amount=float({Kind.PIN: row.rank, Kind.BOOST: row.factor}.get(Kind(row.kind)) or 0),
        starts_us=_us(row.starts_at, 0),
        ends_us=_us(row.ends_at, ALWAYS_US),
    )


def _us(moment: datetime | None, otherwise: int) -> int:
    return microseconds(moment) if moment else otherwise


def _compiled(rules: list[RuleSpec], lists: dict[str, tuple[str, ...]] | None) -> SiteRules:
    turns = {rule.starts_us for rule in rules} | {rule.ends_us for rule in rules}
    return SiteRules(tuple(rules), lists, tuple(sorted(turns - {0, ALWAYS_US})))
