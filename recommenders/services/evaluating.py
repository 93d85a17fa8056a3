"""Offline evaluations: asked for, queued, computed once, kept with their table."""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from experiments.models import Site
from recommenders import selectors
from recommenders.base import checked_settings
from recommenders.errors import UnknownRecommender
from recommenders.evaluation.design import Design, folds_of
from recommenders.evaluation.evaluating import Plan, evaluate, with_baseline
from recommenders.evaluation.folds import Fold, Log
from recommenders.evaluation.results import Contender, Results
from recommenders.models import Artifact, Evaluation, Recommender
from recommenders.registry import recommender_class

log = logging.getLogger(__name__)

# Without a sign for so long its worker is taken for dead; a fit gives none while it lasts.
LEASE = timedelta(minutes=40)
MOST_ATTEMPTS = 2
HINT_LOST = timedelta(seconds=15)
BETWEEN_SIGNS_S = 1.0
Status = Evaluation.Status


def request_evaluation(
    *,
    site: Site,
    keys: Sequence[str] = (),
    artifact: Artifact | None = None,
    design: Design | None = None,
    k: int = 10,
    actor: str = "",
) -> Evaluation:
    """Return a queued evaluation of a site's recommenders; whoever called queues the task.

    `keys`: of the recommenders that take part, all when left out; `artifact`: that one's alone,
    on what it was trained with. Popularity always takes part. Raises UnknownRecommender,
    SettingsError or EvaluationError at once.
    """
    chosen = design or Design()
    contenders = with_baseline(_contenders(site, keys, artifact))
    for each in contenders:
        checked_settings(each.settings, recommender_class(each.algorithm).defaults)
    return Evaluation.objects.create(
        site=site,
        artifact=artifact,
        contenders=[asdict(each) for each in contenders],
        split=chosen.split,
        folds=chosen.n_folds,
        window_days=chosen.window_days,
        k=k,
        remove_seen=chosen.remove_seen,
        wanted="purchase" if chosen.purchases_only else "any",
        seed=chosen.seed,
        until=(artifact.trained_until if artifact else None) or timezone.now(),
        code_version=settings.VERSION,
        actor=actor,
    )


def _contenders(site: Site, keys: Sequence[str], artifact: Artifact | None) -> list[Contender]:
    if artifact is not None:
        keys = [artifact.recommender.key]
    rows = {row.key: row for row in Recommender.objects.filter(site=site)}
    if unknown := [key for key in keys if key not in rows]:
        raise UnknownRecommender(
            f"unknown recommender {unknown[0]!r}", hint=f"Known here: {', '.join(rows) or 'none'}."
        )
    return [Contender(key, rows[key].algorithm, rows[key].settings) for key in keys or list(rows)]


def compute_evaluation(*, evaluation_id: int) -> Evaluation | None:
    """Compute a queued evaluation; None when another worker has it. Safe to run twice.

    What fails is recorded with the evaluation.
    """
    claimed = Evaluation.objects.filter(pk=evaluation_id, status=Status.QUEUED).update(
        status=Status.COMPUTING, seen_at=timezone.now(), attempts=F("attempts") + 1
    )
    if not claimed:
        return None
    evaluation = Evaluation.objects.select_related("site").get(pk=evaluation_id)
    try:
        results = _results(evaluation)
    except Exception as error:
        _fail(evaluation, f"{type(error).__name__}: {error}")
        raise
    _finish(evaluation, status=Status.READY, results=results.document(), share=1.0)
    log.info("evaluation ready id=%d", evaluation.pk)
    return evaluation


def _results(evaluation: Evaluation) -> Results:
    contenders = [Contender(**each) for each in evaluation.contenders]
    sign = Sign(evaluation)
    sign.say("Reading events")
    log_ = site_log(
        site=evaluation.site, until=evaluation.until, segment_by=segment_attribute(contenders)
    )
    folds = folds_of(log_, design_of(evaluation))
    sign.total = _questions(folds) * len(contenders)
    plan = Plan(k=evaluation.k, seed=evaluation.seed)
    return evaluate(folds, contenders, plan, advance=sign.advance)


def _questions(folds: Sequence[Fold]) -> int:
    return sum(len(fold) for fold in folds)


def design_of(evaluation: Evaluation) -> Design:
    """Return how an evaluation splits."""
    return Design(
        split=evaluation.split,
        n_folds=evaluation.folds,
        window_days=evaluation.window_days,
        remove_seen=evaluation.remove_seen,
        purchases_only=evaluation.wanted == Evaluation.Wanted.PURCHASE,
        seed=evaluation.seed,
    )


def segment_attribute(contenders: Sequence[Contender]) -> str:
    """Return the attribute that the first recommender with segments goes by, "" for none."""
    named = (str(each.settings.get("segment_by", "")) for each in contenders)
    return next((name for name in named if name), "")


def site_log(*, site: Site, until: datetime, segment_by: str = "") -> Log:
    """Return a site's own interactions before a moment, and the items it may show."""
    rows = selectors.interactions(site, until=until, segment_by=segment_by)
    return Log.of(list(rows), selectors.item_features(site))


class Sign:
    """What an evaluation is at, kept with it for whoever waits; at most one update a second."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self.total = 0
        self.done = 0
        self.next_s = 0.0

    def advance(self, name: str, count: int) -> None:
        self.done += count
        if count == 0 or time.monotonic() >= self.next_s:
            self.say(f"Judging {name}" if count else f"Fitting {name}")

    def say(self, stage: str) -> None:
        self.next_s = time.monotonic() + BETWEEN_SIGNS_S
        Evaluation.objects.filter(pk=self.evaluation.pk).update(
            stage=stage[:200],
            share=self.done / self.total if self.total else 0.0,
            seen_at=timezone.now(),
        )


def _finish(evaluation: Evaluation, **facts: object) -> None:
    for name, value in {**facts, "stage": "", "finished_at": timezone.now()}.items():
        setattr(evaluation, name, value)
    evaluation.save(update_fields=[*facts, "stage", "finished_at"])


def _fail(evaluation: Evaluation, why: str) -> None:
    log.error("evaluation failed id=%d: %s", evaluation.pk, why)
    _finish(evaluation, status=Status.FAILED, error=why[:2000])


def release_stuck_evaluations() -> list[int]:
    """Queue again what a killed worker left; return the ids of all that wait without a message.

    What was tried often enough fails instead.
    """
    dead = Evaluation.objects.filter(status=Status.COMPUTING, seen_at__lt=timezone.now() - LEASE)
    for evaluation in dead.filter(attempts__gte=MOST_ATTEMPTS):
        _fail(evaluation, f"its worker died {MOST_ATTEMPTS} times; it may need more memory")
    dead.filter(attempts__lt=MOST_ATTEMPTS).update(status=Status.QUEUED)
    waiting = Evaluation.objects.filter(
        status=Status.QUEUED, created_at__lt=timezone.now() - HINT_LOST
    )
    return list(waiting.order_by("id").values_list("pk", flat=True))
