"""Comparing over many units: asked for once, done in parts by the worker, kept as sums."""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from experiments.assignment.specs import UnitIds
from experiments.clock import microseconds
from experiments.models import Placement, Site
from recommenders import state
from recommenders.comparing.columns import chosen
from recommenders.comparing.lists import Answer, answer
from recommenders.comparing.shoppers import Recent, recent_of
from recommenders.comparing.tally import Listed, Tally
from recommenders.errors import ComparisonRefused
from recommenders.models import Comparison
from recommenders.serving import Wish
from recommenders.state import ServingState

log = logging.getLogger(__name__)

Status = Comparison.Status
MOST_UNITS = 1_000
PART = 50  # units between two signs of life
LIMIT_S = 180.0  # then the figures are of the units that were done
SILENT = timedelta(minutes=2)  # without a sign of life its worker is gone
KEPT = 20  # comparisons of a site
SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared: columns by token, the first of which the others stand beside."""

    columns: tuple[str, ...]
    k: int
    placement: str = ""
    n: int = MOST_UNITS
    seed: int = SEED

    @classmethod
    def of(cls, row: Comparison) -> "Question":
        """Return the question of a stored comparison."""
        kept = row.question
        return cls(tuple(kept["columns"]), kept["k"], kept["placement"], kept["n"], kept["seed"])


@transaction.atomic
def request_comparison(*, site: Site, question: Question) -> Comparison:
    """Return a queued comparison; whoever called queues the task.

    Raises ComparisonRefused while another one of the site is under way, and on a single column.
    """
    Site.objects.select_for_update().get(pk=site.pk)
    if len(set(question.columns)) < 2:
        raise ComparisonRefused("one list alone cannot be compared", hint="Choose two or more.")
    busy = under_way(site)
    if busy is not None:
        raise ComparisonRefused(
            f"another comparison is under way, {busy.n_done} of {busy.n_units} units done",
            hint="Wait until it is done.",
        )
    document = {
        "columns": list(question.columns),
        "k": question.k,
        "placement": question.placement,
        "n": question.n,
        "seed": question.seed,
    }
    made = Comparison.objects.create(site=site, question=document, n_units=question.n)
    kept = Comparison.objects.filter(site=site).values_list("pk", flat=True)[:KEPT]
    Comparison.objects.filter(site=site).exclude(pk__in=list(kept)).delete()
    return made


def under_way(site: Site) -> Comparison | None:
    """Return the comparison of a site that is queued or running and gives signs of life."""
    return Comparison.objects.filter(
        site=site,
        status__in=(Status.QUEUED, Status.RUNNING),
        seen_at__gt=timezone.now() - SILENT,
    ).first()


def run_comparison(*, comparison_id: int) -> Comparison | None:
    """Compute a queued comparison; None when another worker has it. Safe to run twice."""
    claimed = Comparison.objects.filter(pk=comparison_id, status=Status.QUEUED).update(
        status=Status.RUNNING, seen_at=timezone.now()
    )
    if not claimed:
        return None
    row = Comparison.objects.select_related("site").get(pk=comparison_id)
    try:
        row.figures = _Run(row).figures()
        row.status = Status.READY
    except Exception as error:
        log.exception("comparison failed id=%d", row.pk)
        row.status, row.error = Status.FAILED, f"{type(error).__name__}: {error}"[:2000]
    row.save()
    return row


class _Run:
    """One comparison under way."""

    def __init__(self, row: Comparison) -> None:
        self.row, self.site, self.question = row, row.site, Question.of(row)
        placement = Placement.objects.filter(site=row.site, key=self.question.placement).first()
        self.columns = chosen(row.site, self.question.columns, placement)
        self.recent: Recent = recent_of(row.site)
        self.state: ServingState = state.current()
        best = self.recent.best_sellers
        self.tallies = [Tally(self.question.k, best) for _column in self.columns]
        self.now_us = microseconds(timezone.now())

    def figures(self) -> dict[str, Any]:
        """Compare unit by unit until all are done or the time is over; return what came out."""
        units = self.recent.sample(self.question.n, self.question.seed)
        until = time.monotonic() + LIMIT_S
        self._tell(0, len(units))
        done = 0
        for start in range(0, len(units), PART):
            if time.monotonic() > until:
                break
            for unit in units[start : start + PART]:
                self._compare(unit)
            done = min(start + PART, len(units))
            self._tell(done, len(units))
        return self._result(done, len(units))

    def _tell(self, done: int, of: int) -> None:
        self.row.n_done, self.row.n_units = done, of
        self.row.save(update_fields=["n_done", "n_units", "seen_at"])

    def _compare(self, unit: str) -> None:
        wish = Wish(
            self.site.pk,
            UnitIds(visitor_id=unit),
            self.question.k,
            placement=self.question.placement,
            now_us=self.now_us,
        )
        answers = [answer(column, wish, self.state) for column in self.columns]
        listed = [_listed(each) for each in answers]
        for tally, each in zip(self.tallies, listed, strict=True):
            tally.add(each, listed[0])

    def _result(self, done: int, of: int) -> dict[str, Any]:
        shelf = self.state.shelves.get(self.site.pk)
        n_items = len(shelf.items) if shelf else 0
        return {
            "n_units": done,
            "n_wanted": of,
            "columns": [
                {"token": column.token, "label": column.label, "problem": column.problem}
                | tally.figures(n_items)
                for column, tally in zip(self.columns, self.tallies, strict=True)
            ],
        }


def _listed(answered: Answer) -> Listed:
    items = answered.served.items if answered.served else []
    return Listed(
        ids=answered.ids,
        categories=[item.category for item in items if item.category],
        prices=[item.price for item in items if item.price is not None],
        took_ms=answered.took_ms,
        is_own=answered.is_own,
    )
