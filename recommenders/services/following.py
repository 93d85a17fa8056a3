"""Which experiments an artifact answers for, pinned or by an alias; theirs is to know of a move."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from experiments.lifecycle import HOLDS_BUCKETS, UNDER_WAY
from experiments.models import Experiment, Variant
from experiments.services import record_change
from experiments.services.audit import record_step
from experiments.services.storable import require_reason
from recommenders.errors import ArtifactFrozen
from recommenders.models import Alias, Artifact, Recommender


@dataclass(frozen=True, slots=True)
class Use:
    """A variant that an artifact answers for; `follows`: the alias it does so by, "" for pinned."""

    experiment: Experiment
    variant: str
    follows: str


def uses_of(artifact: Artifact, *, statuses: tuple[str, ...] = HOLDS_BUCKETS) -> list[Use]:
    """Return the variants of experiments in these statuses that the artifact answers for."""
    held = {alias: alias for alias in Alias.values if holds(artifact, alias)}
    by_name = {artifact.full_name: "", **held}
    rows = _variants(artifact.recommender, list(by_name), statuses)
    return [Use(each.experiment, each.name, by_name[each.parameters["artifact"]]) for each in rows]


def holds(artifact: Artifact, alias: str) -> bool:
    """Return whether the artifact has the alias of its recommender."""
    return bool(getattr(artifact.recommender, f"{alias}_id") == artifact.pk)


def _variants(
    recommender: Recommender, wanted: list[str], statuses: tuple[str, ...]
) -> Iterator[Variant]:
    rows = Variant.objects.filter(
        experiment__site_id=recommender.site_id,
        experiment__status__in=statuses,
        parameters__recommender=recommender.key,
    ).select_related("experiment__site")
    return (row for row in rows.order_by("pk") if row.parameters.get("artifact") in wanted)


def followers_of(recommender: Recommender, alias: str) -> list[str]:
    """Return the names of the experiments under way with a variant that follows the alias."""
    rows = _variants(recommender, [alias], UNDER_WAY)
    return list(dict.fromkeys(row.experiment.name for row in rows))


def tell_followers(
    recommender: Recommender, alias: str, *, before: str, after: str, by: str, reason: str
) -> None:
    """Put the move of an alias on the record of every experiment under way that follows it."""
    by_experiment: dict[Experiment, list[str]] = {}
    for row in _variants(recommender, [alias], UNDER_WAY):
        by_experiment.setdefault(row.experiment, []).append(row.key)
    for experiment, keys in by_experiment.items():
        record_step(
            experiment,
            "artifact",
            actor=by,
            before={"artifact": before},
            after={"artifact": after, "follows": alias, "variants": keys},
            reason=reason,
        )


@transaction.atomic
def delete_artifact(*, artifact: Artifact, reason: str, by: str) -> None:
    """Delete an artifact and its files; raises ArtifactFrozen while something rests on it."""
    why = require_reason(reason, purpose="deleting an artifact")
    folder, name = Path(settings.DATA_DIR) / artifact.path, artifact.full_name
    has_files = bool(artifact.path)
    record_change(
        site=artifact.site,
        subject=f"artifact {name}",
        action="delete",
        actor=by,
        before={"status": artifact.status, "sha256": artifact.sha256},
        after={},
        reason=why,
    )
    artifact.delete()
    if has_files:
        transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


def refuse_if_frozen(instance: Artifact, **_kwargs: Any) -> None:
    """Raise ArtifactFrozen for an artifact with an alias or in a running experiment.

    Listens to every deletion, by whatever way.
    """
    if held := [alias for alias in Alias.values if holds(instance, alias)]:
        raise ArtifactFrozen(
            f"{instance.full_name} is {held[0]}", hint="Give the name to another artifact first."
        )
    if used := uses_of(instance):
        raise ArtifactFrozen(
            f"{instance.full_name} answers in {used[0].experiment.key}, {used[0].variant}",
            hint="End the experiment first: what its units see must not change meanwhile.",
        )
