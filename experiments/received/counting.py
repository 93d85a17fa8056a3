"""What a received event counts for: the list it quotes, and its unit's exposures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from experiments.models import Experiment, Exposure, Site, Slate

MOST_EXPERIMENTS = 200


@dataclass(frozen=True, slots=True)
class Counted:
    """An experiment that the unit met, and whether the event counts there, in words."""

    experiment: Experiment
    exposure: Exposure
    counts: bool
    words: str


def slate_of(site: Site, request_id: UUID | None) -> Slate | None:
    """Return the list that a request was served, None when none is known."""
    if request_id is None:
        return None
    rows = Slate.objects.filter(site=site, request_id=request_id)
    return rows.select_related("experiment", "variant").first()


def counted_for(site: Site, ids: Sequence[str], moment: datetime, traffic: str) -> list[Counted]:
    """Return the experiments that a unit with one of these ids met, newest first.

    `moment`: when the event occurred; `traffic`: why it is no shopper's, "" for a shopper's.
    """
    known = [each for each in ids if each]
    met = Experiment.objects.filter(site=site, started_at__isnull=False).order_by("-started_at")
    chosen = list(met.values_list("pk", flat=True)[:MOST_EXPERIMENTS])
    if not known or not chosen:
        return []
    last = Experiment.objects.filter(pk__in=chosen).aggregate(last=Max("phase"))["last"] or 1
    rows = Exposure.objects.filter(
        experiment__in=chosen, phase__in=range(1, last + 1), unit_id__in=known
    )
    found = rows.select_related("experiment__site", "variant").order_by("-first_at")
    return [_counted(row, moment, traffic) for row in found]


def _counted(row: Exposure, moment: datetime, traffic: str) -> Counted:
    words = _why_not(row, moment, traffic)
    return Counted(row.experiment, row, not words, words or "counts where a metric asks for it")


def _why_not(row: Exposure, moment: datetime, traffic: str) -> str:
    if row.is_multiple:
        return "left out: the unit was seen in two variants"
    if row.traffic or traffic:
        return f"left out: {row.traffic or traffic} traffic"
    if moment < row.first_at:
        return "does not count: it occurred before the unit met its variant"
    return ""
