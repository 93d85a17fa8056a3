"""What a page asks before it acts: the question, what will happen, and the act itself."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from experiments.lifecycle import UNDER_WAY
from recommenders import services
from recommenders.models import Artifact, Recommender
from recommenders.services.following import followers_of
from recommenders.web.registry.rows import FindingRow, finding_rows


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its consequences; `run` gets the reason and who acts, `done` says it is."""

    recommender: Recommender
    title: str
    consequences: tuple[str, ...]
    label: str
    run: Callable[..., Any]
    done: str
    tone: str = "main"
    findings: tuple[FindingRow, ...] = ()
    is_held: bool = False


def promote_question(artifact: Artifact, alias: str, is_held: bool) -> Question:
    """Return the question before an alias goes to an artifact."""
    recommender = artifact.recommender
    return Question(
        recommender=recommender,
        title=f"Make {artifact.full_name} the {alias}?",
        consequences=_consequences(recommender, alias),
        label=f"Make it the {alias}",
        run=partial(services.promote, artifact=artifact, alias=alias, override=is_held),
        done=f"{artifact.full_name} is {alias}.",
        tone="danger" if is_held else "main",
        findings=finding_rows(artifact),
        is_held=is_held,
    )


def back_question(recommender: Recommender, alias: str, earlier: Artifact | None) -> Question:
    """Return the question before an alias goes back to `earlier`, or to nobody."""
    target = earlier.full_name if earlier else "nobody"
    return Question(
        recommender=recommender,
        title=f"Give {alias} back to {target}?",
        consequences=_consequences(recommender, alias),
        label=f"Go back to {target}",
        run=partial(services.roll_back, recommender=recommender, alias=alias),
        done=f"{target} is {alias} of {recommender.key} again.",
    )


def _consequences(recommender: Recommender, alias: str) -> tuple[str, ...]:
    holder = getattr(recommender, alias)
    now = holder.full_name if holder else "no artifact"
    followed = followers_of(recommender, alias)
    lines = [
        f"Serving processes take it up within five seconds, without a restart; now that is {now}.",
        "Variants that name a version keep it.",
        *(f"{name} follows the {alias}: the move is noted on its record." for name in followed[:5]),
    ]
    if not followed:
        lines.append(f"No experiment under way follows the {alias}.")
    return tuple(lines)


def delete_question(artifact: Artifact) -> Question:
    """Return the question before an artifact is deleted."""
    used = services.uses_of(artifact, statuses=UNDER_WAY)
    return Question(
        recommender=artifact.recommender,
        title=f"Delete {artifact.full_name}?",
        consequences=(
            "Its files are removed; slates go on naming it.",
            *(f"{use.experiment.name} needs it: that is refused." for use in used[:5]),
        ),
        label="Delete it",
        run=partial(services.delete_artifact, artifact=artifact),
        done=f"{artifact.full_name} is deleted.",
        tone="danger",
    )
