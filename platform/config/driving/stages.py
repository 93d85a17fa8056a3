"""The stages between a site with history and its report, each waited for with a limit."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from analytics.models import Analysis
from analytics.services import request_analysis
from analytics.tasks import compute_analysis
from config.httpclient import ApiClient, ApiError
from experiments.errors import ArmatureError, InvalidInput
from experiments.keys import create_api_key
from experiments.models import Experiment, InboxBatch, Site, Slate
from experiments.services import end_experiment
from recommenders.models import Artifact, Recommender
from recommenders.services import request_training
from recommenders.tasks import train_artifact

SCOPES = ("recommend", "events", "assign", "simulate")
POLL_S = 0.25
QUIET_S = 2.0  # web processes write buffered lists four times a second
TRAINING_S = 1_500.0


class StageFailed(ArmatureError):
    """A stage that did not come to its end."""

    code = "stage_failed"


def known_recommenders(site: Site, keys: Sequence[str]) -> list[str]:
    """Return the keys, checked: at least two, each trainable in this site."""
    known = set(Recommender.objects.filter(site=site).values_list("key", flat=True))
    if lacking := [key for key in keys if key not in known]:
        raise InvalidInput(
            f"cannot run here: {', '.join(lacking)}; known: {', '.join(sorted(known))}",
            field="variants",
        )
    if len(set(keys)) < 2 or len(set(keys)) < len(keys):
        raise InvalidInput("name two or more different recommenders to compare", field="variants")
    return list(keys)


def train(
    site: Site,
    keys: Sequence[str],
    *,
    until: datetime,
    progress: Callable[[int], None] = lambda _count: None,
) -> list[Artifact]:
    """Return artifacts that a worker fitted on everything before a moment; raises StageFailed.

    `progress` is told of every artifact that is done.
    """
    queued = [request_training(site=site, key=key, until=until) for key in keys]
    for artifact in queued:
        train_artifact.delay(artifact.pk)
    mine = Artifact.objects.filter(pk__in=[artifact.pk for artifact in queued])
    told = 0

    def done() -> bool:
        nonlocal told
        waiting = mine.filter(status__in=("queued", "training")).count()
        progress(len(keys) - waiting - told)
        told = len(keys) - waiting
        return waiting == 0

    wait_until(done, "the training", TRAINING_S)
    artifacts = list(mine.order_by("pk"))
    if failed := [artifact for artifact in artifacts if artifact.status != "ready"]:
        raise StageFailed(f"{failed[0].full_name} was not trained: {failed[0].error}")
    return artifacts


def api_key(site: Site, name: str) -> str:
    """Return a secret key that may set the site's clock."""
    _row, secret = create_api_key(site=site, name=name, scopes=SCOPES)
    return secret


def wait_served(client: ApiClient, experiment: Experiment, timeout_s: float = 30.0) -> None:
    """Return once the web server knows the key and the running experiment."""
    question = {"unit": {"visitor_id": "probe"}, "experiment": experiment.key}

    def knows() -> bool:
        with suppress(ApiError):
            return bool(client.post("/api/v1/assignments", question)["assignments"])
        return False

    wait_until(knows, "the web server to see the experiment", timeout_s)


def wait_applied(
    site: Site,
    lists: int,
    timeout_s: float = 900.0,
    progress: Callable[[int], None] = lambda _count: None,
) -> int:
    """Return how many of the lists asked for are recorded, once the workers have applied all.

    `progress` is told of newly recorded lists.
    """
    still, told = time.monotonic(), 0

    def applied() -> bool:
        nonlocal still, told
        recorded = Slate.objects.filter(site=site).count()
        progress(recorded - told)
        told = recorded
        if InboxBatch.objects.filter(site=site).exists():
            still = time.monotonic()
            return False
        return recorded >= lists or time.monotonic() - still > QUIET_S

    wait_until(applied, "the workers to apply all events", timeout_s)
    return Slate.objects.filter(site=site).count()


def analyse(
    experiment: Experiment, *, actor: str, reason: str, timeout_s: float = 300.0
) -> Analysis:
    """End the experiment and return its ready analysis; raises StageFailed."""
    ended = end_experiment(experiment_id=experiment.pk, actor=actor, reason=reason)
    analysis = request_analysis(experiment=ended)
    compute_analysis.delay(analysis.pk)

    def done() -> bool:
        analysis.refresh_from_db()
        return analysis.status in {"ready", "failed"}

    wait_until(done, "the report", timeout_s)
    if analysis.status == "failed":
        raise StageFailed(f"the report could not be computed: {analysis.error}")
    return analysis


def wait_until(is_done: Callable[[], bool], what: str, timeout_s: float) -> None:
    """Return once `is_done` says so; raises StageFailed after the time."""
    deadline = time.monotonic() + timeout_s
    while not is_done():
        if time.monotonic() > deadline:
            raise StageFailed(f"waited {timeout_s:.0f} s for {what}")
        time.sleep(POLL_S)
