"""When a recommender is due for another training: by schedule, by drift, by decay of its CTR."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from recommenders.models import Artifact, Cause, Recommender
from recommenders.services.requesting import request_training
from recommenders.services.watching import measure_decay, measure_drift

MEASURE_EVERY = timedelta(hours=1)
# A decay or drift that another training does not mend would otherwise train without end.
PAUSE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Due:
    """Why a recommender is to be trained, and whether it may learn on from its last artifact."""

    cause: str
    detail: str
    is_warm: bool = False


def request_due(*, now: datetime | None = None) -> list[Artifact]:
    """Queue a training of every recommender that is due; return the artifacts.

    None is queued for one that is queued or in training. Whoever called queues the tasks.
    """
    moment = now or timezone.now()
    queued = []
    for recommender in _idle():
        if due := _due(recommender, moment):
            queued.append(
                request_training(
                    site=recommender.site,
                    key=recommender.key,
                    cause=due.cause,
                    detail=due.detail,
                    is_warm=due.is_warm,
                )
            )
    return queued


def _idle() -> list[Recommender]:
    """Return the recommenders that have been trained once and are not being trained."""
    busy = Artifact.objects.filter(
        recommender=OuterRef("pk"), status__in=(Artifact.Status.QUEUED, Artifact.Status.TRAINING)
    )
    ready = Artifact.objects.filter(recommender=OuterRef("pk"), status=Artifact.Status.READY)
    rows = Recommender.objects.filter(~Exists(busy), Exists(ready))
    return list(rows.select_related("site", "champion__recommender").order_by("pk"))


def _due(recommender: Recommender, now: datetime) -> Due | None:
    tried = recommender.artifacts.order_by("-pk")[0].created_at
    if due := _by_schedule(recommender, now, now - tried):
        return due
    if now - tried < PAUSE:
        return None
    return _by_drift(recommender, now) or _by_decay(recommender, now)


def _by_schedule(recommender: Recommender, now: datetime, since: timedelta) -> Due | None:
    full, warm = recommender.retrain_every_hours, recommender.warm_every_hours
    if full and since >= timedelta(hours=full):
        return Due(Cause.SCHEDULE, f"every {full} h")
    if full and _age_of_full(recommender, now) >= timedelta(hours=full):
        return Due(Cause.SCHEDULE, f"every {full} h")
    if warm and since >= timedelta(hours=warm):
        return Due(Cause.SCHEDULE, f"every {warm} h, from the last artifact", is_warm=True)
    return None


def _age_of_full(recommender: Recommender, now: datetime) -> timedelta:
    """Return how long ago the last training from the beginning was asked for."""
    last = recommender.artifacts.filter(started_from=None).order_by("-pk").first()
    return now - last.created_at if last else timedelta.max


def _by_drift(recommender: Recommender, now: datetime) -> Due | None:
    limit = recommender.drift_limit
    if limit is None:
        return None
    if _is_stale(recommender.drift, now):
        measure_drift(recommender=recommender, now=now)
    found = recommender.drift.get("features") or {}
    feature = max(found, key=lambda name: found[name], default="")
    if not feature or found[feature] <= limit:
        return None
    detail = f"{feature}: stability index {found[feature]:.2f}, above {limit:g}"
    return Due(Cause.DRIFT, detail)


def _by_decay(recommender: Recommender, now: datetime) -> Due | None:
    if not recommender.watches_ctr:
        return None
    if _is_stale(recommender.decay, now):
        measure_decay(recommender=recommender, now=now)
    decayed = [each for each in recommender.decay.get("experiments", ()) if each["has_decayed"]]
    if not decayed:
        return None
    worst = decayed[0]
    interval = f"{100 * worst['low']:.0f} % to {100 * worst['high']:.0f} %"
    detail = f"{worst['key']}, {worst['variant']}: CTR against control {interval}"
    return Due(Cause.DECAY, detail)


def _is_stale(reading: dict[str, object], now: datetime) -> bool:
    at = reading.get("at")
    return not isinstance(at, str) or now - datetime.fromisoformat(at) >= MEASURE_EVERY
