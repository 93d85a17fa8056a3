"""The library as its page shows it: everything already in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from analytics.library import Use, newest_rows, uses_of
from analytics.models import Metric
from analytics.stats.formats import short_percent
from experiments.models import Site

MOST_USES = 5  # of one metric in the table; the interface lists all


@dataclass(frozen=True, slots=True)
class Link:
    """An experiment that uses a metric."""

    text: str
    url: str
    told: str


@dataclass(frozen=True, slots=True)
class Row:
    """One metric in its newest version."""

    name: str
    key: str
    site: str
    description: str
    kind: str
    days: str
    judged: str
    role: str
    owner: str
    tags: str
    version: int
    uses: tuple[Link, ...]
    more: int
    url: str
    is_archived: bool


def library_rows(sites: Sequence[Site], editable: Iterable[int], tag: str = "") -> list[Row]:
    """Return the metrics of these sites by name, archived ones last; `tag`: only those with it.

    `editable`: the sites whose metrics the reader may change.
    """
    may_edit = frozenset(editable)
    rows = [
        _row(site, metric, uses.get(metric.key, []), metric.site_id in may_edit)
        for site in sites
        for uses in (uses_of(site.pk),)
        for metric in newest_rows(site.pk)
        if not tag or tag in metric.tags
    ]
    return sorted(rows, key=lambda row: (row.is_archived, row.name.lower(), row.site))


def tags_of(sites: Sequence[Site]) -> list[str]:
    """Return all tags of the sites' metrics."""
    return sorted({tag for site in sites for metric in newest_rows(site.pk) for tag in metric.tags})


def _row(site: Site, metric: Metric, uses: Sequence[Use], may_edit: bool) -> Row:
    shown = uses[:MOST_USES]
    return Row(
        name=metric.name,
        key=metric.key,
        site=site.name,
        description=metric.description,
        kind=f"{Metric.Kind(metric.kind).label}, {Metric.Direction(metric.direction).label}",
        days=_days(metric),
        judged=_judged(metric),
        role=_role(metric),
        owner=metric.owner or ("built in" if metric.is_builtin else "nobody named"),
        tags=", ".join(metric.tags),
        version=metric.version,
        uses=tuple(_link(site, use) for use in shown),
        more=len(uses) - len(shown),
        url=reverse("admin:analytics_metric_change", args=[metric.pk]) if may_edit else "",
        is_archived=metric.is_archived,
    )


def _days(metric: Metric) -> str:
    if metric.kind == Metric.Kind.RETENTION:
        return f"day {metric.numerator.get('day')} after first exposure"
    whole = f"{metric.window_days} days" if metric.window_days else "the experiment's days"
    return f"{whole}, from day {metric.delay_days} on" if metric.delay_days else whole


def _judged(metric: Metric) -> str:
    """Return what is done to its values before they are compared."""
    parts = []
    if metric.winsor:
        parts.append(f"capped at {short_percent(metric.winsor)} of units")
    if metric.uses_cuped:
        parts.append("less what four weeks before explain")
    if metric.min_units:
        parts.append(f"from {metric.min_units:,} units per variant on")
    return "; ".join(parts)


def _role(metric: Metric) -> str:
    if not metric.default_role:
        return "there to be chosen"
    margin = metric.default_margin
    limit = f", limit {short_percent(margin)}" if margin else ""
    return f"{metric.default_role}{limit} where nobody chose"


def _link(site: Site, use: Use) -> Link:
    url = f"{reverse('reports:detail', args=[use.experiment])}?site={site.slug}"
    return Link(use.experiment, url, f"{use.role}, version {use.version}, {use.status}")
