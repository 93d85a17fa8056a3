"""What was accepted and what became of it: two sums that have to agree at any moment."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Model, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from experiments.models import InboxBatch, Site, Tally

COUNTED = ("accepted", "refused", "applied", "duplicates", "quarantined", "dropped")
# Of what was accepted, what needs nothing more: the rest waits.
SETTLED = ("applied", "duplicates", "quarantined", "dropped")


@dataclass(frozen=True, slots=True)
class SiteCounts:
    """A site's events so far; `newest_us`: the time of the latest applied one, 0 for none."""

    site_id: int
    slug: str
    name: str
    accepted: int
    refused: int
    applied: int
    duplicates: int
    quarantined: int
    dropped: int
    waiting: int
    newest_us: int

    @property
    def accounted(self) -> int:
        """Return how many events are known to be somewhere."""
        return self.applied + self.duplicates + self.quarantined + self.dropped + self.waiting

    @property
    def difference(self) -> int:
        """Return accepted less accounted: above 0 events are missing, below 0 some are too many."""
        return self.accepted - self.accounted


def site_counts(sites: QuerySet[Site] | None = None) -> list[SiteCounts]:
    """Return the counts of these sites, all without any, by slug.

    One statement, so that all numbers are of one moment in whatever isolation: accepting and
    applying each change both sides of the equation in one transaction.
    """
    rows = Site.objects.all() if sites is None else sites
    sums = {f"n_{name}": _total(Tally, name) for name in COUNTED}
    found = rows.order_by("slug").annotate(
        **sums, n_waiting=_total(InboxBatch, "n_events"), n_newest_us=_newest()
    )
    numbers = [*sums, "n_waiting", "n_newest_us"]
    return [
        SiteCounts(pk, slug, name, *counts)
        for pk, slug, name, *counts in found.values_list("pk", "slug", "name", *numbers)
    ]


def _total(model: type[Model], column: str) -> Any:
    rows: Any = model._default_manager.filter(site=OuterRef("pk")).order_by().values("site")
    return Coalesce(Subquery(rows.annotate(n=Sum(column)).values("n")), 0)


def _newest() -> Any:
    rows = Tally.objects.filter(site=OuterRef("pk")).order_by().values("site")
    return Coalesce(Subquery(rows.annotate(n=Max("newest_us")).values("n")), 0)


def waiting_events() -> int:
    """Return how many accepted events wait, of all sites, by the tallies: some rows, not the inbox.

    As exact as the reconciliation says; the inbox itself is too long to be summed when it matters.
    """
    totals = Tally.objects.aggregate(**{name: Coalesce(Sum(name), 0) for name in COUNTED})
    return int(totals["accepted"] - sum(totals[name] for name in SETTLED))
