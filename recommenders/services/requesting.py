"""Asking for a training: checked at once, queued as an artifact with the reason why."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from experiments.models import Site
from recommenders.base import Capability, checked_settings
from recommenders.errors import UnknownRecommender
from recommenders.models import Artifact, Cause, Recommender
from recommenders.registry import recommender_class


@transaction.atomic
def request_training(
    *,
    site: Site,
    key: str,
    until: datetime | None = None,
    promote: bool = True,
    cause: str = Cause.REQUEST,
    detail: str = "",
    is_warm: bool = False,
) -> Artifact:
    """Return a queued artifact of a recommender; whoever called queues the task.

    `until`: interactions before this moment are learned from (now, when left out). `promote`: make
    it the champion once its gate lets it. `cause`, `detail`: why it is trained. `is_warm`: learn
    on from the last artifact, where there is one and the algorithm can; else from the beginning.
    Raises UnknownRecommender or SettingsError at once.
    """
    recommender = _known(site, key)
    chosen = recommender_class(recommender.algorithm)
    complete = checked_settings(recommender.settings, chosen.defaults)
    can_resume = is_warm and Capability.PARTIAL in chosen.can
    return Artifact.objects.create(
        site=site,
        recommender=recommender,
        version=_next_version(recommender),
        trained_until=until or timezone.now(),
        wants_promotion=promote,
        cause=cause,
        cause_detail=detail,
        started_from=_last_with(recommender, complete) if can_resume else None,
    )


def _known(site: Site, key: str) -> Recommender:
    """Return the site's recommender, locked, so that two requests get different versions."""
    recommender = Recommender.objects.select_for_update().filter(site=site, key=key).first()
    if recommender is None:
        known = Recommender.objects.filter(site=site).values_list("key", flat=True)
        raise UnknownRecommender(
            f"unknown recommender {key!r}", hint=f"Known here: {', '.join(known)}."
        )
    return recommender


def _next_version(recommender: Recommender) -> str:
    """Return today's date with the next free number, such as 2026-11-20.3."""
    today = timezone.now().date().isoformat()
    taken = recommender.artifacts.filter(version__startswith=f"{today}.").values_list(
        "version", flat=True
    )
    last = max((int(version.rpartition(".")[2]) for version in taken), default=0)
    return f"{today}.{last + 1}"


def _last_with(recommender: Recommender, settings: dict[str, object]) -> Artifact | None:
    """Return the newest artifact of these settings: another's state means something else."""
    rows = recommender.artifacts.filter(status=Artifact.Status.READY)
    return next((row for row in rows if row.manifest.get("settings") == settings), None)
