"""Explorations: asked for, computed by the same code as analyses, and kept apart from them."""

import logging
from dataclasses import asdict, replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from analytics.engines.choosing import engine_over
from analytics.explorations import Question, choices_for, metrics_for, require_askable
from analytics.models import Exploration
from analytics.reporting.progress import Tell
from analytics.reporting.reach import period_to_read
from analytics.reporting.report import compute_scope
from analytics.reporting.scope import Scope, data_cut_us, one_moment
from analytics.services.analyses import require_comparable
from analytics.services.computing import LEASE, claim, finish, note_failure
from analytics.services.progress import telling
from analytics.services.settings import analysis_settings, settings_hash
from experiments.errors import InvalidInput, TooMany
from experiments.models import Experiment
from experiments.services.locking import lock

log = logging.getLogger(__name__)

MOST_AT_ONCE = 3  # of a site: what is explored must not keep official reports waiting
LONGEST_NAME = 200


@transaction.atomic
def request_exploration(
    *, experiment: Experiment, question: Question, name: str = "", user: Any = None
) -> Exploration:
    """Return a queued exploration of the current phase; whoever called queues the task.

    Raises InvalidInput on what cannot be asked, and TooMany while enough of the site's are under
    way.
    """
    require_comparable(experiment)
    require_askable(question, experiment)
    if len(name) > LONGEST_NAME or "\0" in name:
        raise InvalidInput(f"a name has at most {LONGEST_NAME} characters", field="name")
    lock(experiment.pk)
    _require_room(experiment.site_id)
    values = exploration_settings(experiment, question)
    return Exploration.objects.create(
        experiment=experiment,
        phase=experiment.phase,
        name=name or "Exploration",
        question=question.to_dict(),
        created_by=user if getattr(user, "pk", None) else None,
        settings=values,
        settings_hash=settings_hash(values),
        data_cut_us=data_cut_us(experiment),
        code_version=settings.VERSION,
    )


def _require_room(site_id: int) -> None:
    waiting = (Exploration.Status.QUEUED, Exploration.Status.COMPUTING)
    alive = Exploration.objects.filter(
        experiment__site_id=site_id,
        status__in=waiting,
        created_at__gte=timezone.now() - 2 * LEASE,
    )
    if alive.count() >= MOST_AT_ONCE:
        raise TooMany(
            f"{MOST_AT_ONCE} explorations of this site are being computed",
            hint="Wait until one is done.",
        )


def exploration_settings(experiment: Experiment, question: Question) -> dict[str, Any]:
    """Return everything but the rows that the answer depends on."""
    return {
        **analysis_settings(experiment),
        **choices_for(question, experiment).to_dict(),
        "metrics": [
            {"key": each.metric.key, "version": each.metric.version, "role": each.role}
            for each in metrics_for(question, experiment)
        ],
        "question": question.to_dict(),
    }


def compute_exploration(*, exploration_id: int) -> Exploration | None:
    """Compute a queued exploration and store it; None when another worker has it."""
    if not claim(Exploration, exploration_id):
        return None
    exploration = Exploration.objects.get(pk=exploration_id)
    try:
        with telling(exploration) as tell:
            _compute(exploration, tell)
    except Exception as error:
        log.exception("exploration failed id=%d", exploration.pk)
        note_failure(exploration, error)
    finish(exploration)
    return exploration


def _compute(exploration: Exploration, tell: Tell) -> None:
    question = Question.from_dict(exploration.question)
    period = period_to_read(exploration.experiment, exploration.phase)
    with engine_over(period), one_moment():
        experiment = Experiment.objects.select_related("site").get(pk=exploration.experiment_id)
        values = exploration_settings(experiment, question)
        exploration.data_cut_us = data_cut_us(experiment)
        scope = scope_of(experiment, question, exploration)
        computed = compute_scope(scope, tell)
    exploration.settings = values
    exploration.settings_hash = settings_hash(values)
    exploration.results = asdict(computed.report)
    exploration.moments = computed.moments
    exploration.sql = computed.sql
    exploration.status = Exploration.Status.READY


def scope_of(experiment: Experiment, question: Question, exploration: Exploration) -> Scope:
    """Return what the question looks at, up to the exploration's data cut."""
    scope = Scope.of(experiment, phase=exploration.phase, until_us=exploration.data_cut_us)
    return replace(
        scope,
        metrics=metrics_for(question, experiment),
        choices=choices_for(question, experiment),
        segment=tuple(question.segment.items()),
        day_from=question.day_from,
        day_to=question.day_to,
        is_official=False,
    )
