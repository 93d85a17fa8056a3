"""Around a replay: training, starting the experiment, waiting for the workers, the report."""

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
from experiments.services import VariantDraft, create_experiment, end_experiment, start_experiment
from recommenders.models import Artifact, Recommender
from recommenders.services import request_training
from recommenders.tasks import train_artifact

SCOPES = ("recommend", "events", "assign", "simulate")
POLL_S = 0.25
QUIET_S = 2.0  # web processes write buffered lists four times a second
TRAINING_S = 1_500.0
KEY = "replay"


class ReplayFailed(ArmatureError):
    """A replay that could not be brought to its report."""

    code = "replay_failed"


def known_recommenders(site: Site, keys: Sequence[str]) -> list[str]:
    """Return the keys, checked: at least two, each trainable in this site."""
    known = set(Recommender.objects.filter(site=site).values_list("key", flat=True))
    if lacking := [key for key in keys if key not in known]:
        raise InvalidInput(
            f"cannot run here: {', '.join(lacking)}; known: {', '.join(sorted(known))}",
            field="variants",
        )
    if len(set(keys)) < 2 or len(set(keys)) < len(keys):
        raise InvalidInput("a replay compares two or more different recommenders", field="variants")
    return list(keys)


def train(site: Site, keys: Sequence[str], *, until: datetime) -> list[Artifact]:
    """Return artifacts that a worker fitted on everything before a moment; raises ReplayFailed."""
    queued = [request_training(site=site, key=key, until=until) for key in keys]
    for artifact in queued:
        train_artifact.delay(artifact.pk)

    def done() -> bool:
        return not Artifact.objects.filter(
            pk__in=[artifact.pk for artifact in queued], status__in=("queued", "training")
        ).exists()

    wait_until(done, "the training", TRAINING_S)
    artifacts = list(Artifact.objects.filter(pk__in=[a.pk for a in queued]).order_by("pk"))
    if failed := [artifact for artifact in artifacts if artifact.status != "ready"]:
        raise ReplayFailed(f"{failed[0].full_name} was not trained: {failed[0].error}")
    return artifacts


def start(site: Site, keys: Sequence[str], *, placement: str, days: int) -> Experiment:
    """Return a running experiment of the recommenders; the first is the control."""
    chosen = site.placements.filter(key=placement).first()
    if chosen is None:
        raise InvalidInput(f"unknown placement {placement!r}", field="placement")
    variants = [
        VariantDraft(key=key, name=key, is_control=not index, parameters={"recommender": key})
        for index, key in enumerate(keys)
    ]
    experiment = create_experiment(
        site=site,
        key=KEY,
        name=f"{site.name}: {' vs '.join(keys)}"[:200],
        hypothesis="Visits of the past, served again: which list holds more of what was bought?",
        placement=chosen,
        variants=variants,
        planned_days=max(days, 1),
    )
    return start_experiment(experiment_id=experiment.pk, actor="replay")


def api_key(site: Site) -> str:
    """Return a secret key that may set the site's clock."""
    _row, secret = create_api_key(site=site, name="replay", scopes=SCOPES)
    return secret


def wait_served(client: ApiClient, experiment: Experiment, timeout_s: float = 30.0) -> None:
    """Return once the web server knows the key and the running experiment."""
    question = {"unit": {"visitor_id": "probe"}, "experiment": experiment.key}

    def knows() -> bool:
        with suppress(ApiError):
            return bool(client.post("/api/v1/assignments", question)["assignments"])
        return False

    wait_until(knows, "the web server to see the experiment", timeout_s)


def wait_applied(site: Site, lists: int, timeout_s: float = 900.0) -> int:
    """Return how many of the lists asked for are recorded, once the workers have applied all."""
    still = time.monotonic()

    def applied() -> bool:
        nonlocal still
        if InboxBatch.objects.filter(site=site).exists():
            still = time.monotonic()
            return False
        if Slate.objects.filter(site=site).count() >= lists:
            return True
        return time.monotonic() - still > QUIET_S

    wait_until(applied, "the workers to apply all events", timeout_s)
    return Slate.objects.filter(site=site).count()


def analyse(experiment: Experiment, timeout_s: float = 300.0) -> Analysis:
    """End the experiment and return its ready analysis; raises ReplayFailed."""
    ended = end_experiment(
        experiment_id=experiment.pk, actor="replay", reason="replayed to its end"
    )
    analysis = request_analysis(experiment=ended)
    compute_analysis.delay(analysis.pk)

    def done() -> bool:
        analysis.refresh_from_db()
        return analysis.status in {"ready", "failed"}

    wait_until(done, "the report", timeout_s)
    if analysis.status == "failed":
        raise ReplayFailed(f"the report could not be computed: {analysis.error}")
    return analysis


def wait_until(is_done: Callable[[], bool], what: str, timeout_s: float) -> None:
    """Return once `is_done` says so; raises ReplayFailed after the time."""
    deadline = time.monotonic() + timeout_s
    while not is_done():
        if time.monotonic() > deadline:
            raise ReplayFailed(f"waited {timeout_s:.0f} s for {what}")
        time.sleep(POLL_S)
