"""A/A replays: asked for, computed as analyses are, stored whole."""

import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from analytics.models import AaReplay
from analytics.replay.results import Replay
from analytics.replay.running import Prepared, prepare, run
from analytics.reporting.progress import Tell
from analytics.reporting.scope import data_cut_us
from analytics.services.analyses import require_comparable
from analytics.services.computing import LEASE, claim, finish, note_failure
from analytics.services.progress import telling
from analytics.services.settings import analysis_settings, settings_hash
from experiments.errors import ArmatureError, InvalidInput, TooMany
from experiments.models import Experiment
from experiments.services.locking import lock

log = logging.getLogger(__name__)

SPLITS, MOST_SPLITS = 1_000, 5_000
MOST_SEED = 2**31 - 1

# Plays some of the splits through the interface, and says what came of them.
Through = Callable[[Prepared, int, int], dict[str, Any]]


@transaction.atomic
def request_replay(
    *, experiment: Experiment, splits: int = SPLITS, seed: int = 1, user: Any = None
) -> AaReplay:
    """Return a queued replay; whoever called queues the task.

    Raises InvalidInput on what cannot be split, and TooMany while one is under way.
    """
    require_comparable(experiment)
    require_sizes(splits, seed)
    lock(experiment.pk)
    waiting = (AaReplay.Status.QUEUED, AaReplay.Status.COMPUTING)
    recent = timezone.now() - 2 * LEASE
    if experiment.replays.filter(status__in=waiting, created_at__gte=recent).exists():
        raise TooMany("a replay of this experiment is under way", hint="Wait until it is done.")
    return _new(experiment, splits, seed, user)


def require_sizes(splits: int, seed: int) -> None:
    """Raise InvalidInput on numbers that no replay can have."""
    if not 1 <= splits <= MOST_SPLITS:
        raise InvalidInput(f"1 to {MOST_SPLITS:,} splits, not {splits}", field="splits")
    if not 0 <= seed <= MOST_SEED:
        raise InvalidInput(f"a seed is 0 to {MOST_SEED}, not {seed}", field="seed")


def replay_settings(experiment: Experiment) -> dict[str, Any]:
    """Return everything but the rows that a replay depends on."""
    allocation = getattr(experiment, "allocation", None)
    variants = experiment.variants.all()
    return {
        **analysis_settings(experiment),
        "variants": [[each.key, each.weight, each.is_control] for each in variants],
        "traffic": [allocation.start, allocation.stop] if allocation else [],
        "eligibility": experiment.eligibility,
        "unit_type": experiment.unit_type,
    }


def replay_now(
    *,
    experiment: Experiment,
    splits: int,
    seed: int,
    http_splits: int,
    through: Through,
    tell: Tell,
) -> AaReplay:
    """Return a ready replay, computed by whoever calls; some splits go `through` the interface.

    Raises what keeps it from being computed, and stores nothing then.
    """
    require_comparable(experiment)
    require_sizes(splits, seed)
    if not 0 <= http_splits <= splits:
        raise InvalidInput(f"0 to {splits} splits go over HTTP, not {http_splits}", field="http")
    row = _new(experiment, splits, seed, None, is_stored=False)
    prepared = _prepared(row, experiment, tell)
    replay = run(prepared, splits=splits, seed=seed, tell=tell)
    if http_splits:
        tell("splits over HTTP", 1.0)
        replay = replace(replay, http=through(prepared, http_splits, seed))
    row.http_splits = http_splits
    row.started_at = row.finished_at = timezone.now()
    _fill(row, replay)
    row.save()
    return row


def compute_replay(*, replay_id: int) -> AaReplay | None:
    """Compute a queued replay and store it; None when another worker has it."""
    if not claim(AaReplay, replay_id):
        return None
    row = AaReplay.objects.select_related("experiment__site").get(pk=replay_id)
    try:
        with telling(row) as tell:
            prepared = _prepared(row, row.experiment, tell)
            _fill(row, run(prepared, splits=row.splits, seed=row.seed, tell=tell))
    except ArmatureError as refused:
        row.status = AaReplay.Status.FAILED
        row.error = f"{refused}. {refused.hint or ''}".strip()[:2000]
    except Exception as error:
        log.exception("replay failed id=%d", row.pk)
        note_failure(row, error)
    finish(row)
    return row


def _prepared(row: AaReplay, experiment: Experiment, tell: Tell) -> Prepared:
    tell("reading four weeks of history", 0.02)
    prepared = prepare(experiment)
    row.data_cut_us = prepared.scope.until_us
    return prepared


def _new(
    experiment: Experiment, splits: int, seed: int, user: Any, *, is_stored: bool = True
) -> AaReplay:
    values = replay_settings(experiment)
    row = AaReplay(
        experiment=experiment,
        phase=experiment.phase,
        splits=splits,
        seed=seed,
        created_by=user if getattr(user, "pk", None) else None,
        settings=values,
        settings_hash=settings_hash(values),
        data_cut_us=data_cut_us(experiment),
        code_version=settings.VERSION,
    )
    if is_stored:
        row.save()
    return row


def _fill(row: AaReplay, replay: Replay) -> None:
    row.results = asdict(replay)
    row.status = AaReplay.Status.READY
