"""What a product manager can do with an experiment: start, pause, resume, end."""

from collections.abc import Sequence

from experiments import services
from experiments.admin.layers import PER_CENT
from experiments.admin.steps import Step
from experiments.lifecycle import Status, actions
from experiments.models import Experiment
from experiments.roles import Action


def _is_paused(experiment: Experiment) -> bool:
    return experiment.status == Status.PAUSED


def _share_text(experiment: Experiment) -> str:
    allocation = getattr(experiment, "allocation", None)
    share = (allocation.stop - allocation.start) / PER_CENT if allocation else 0
    return f"{share:g} % of the units at {experiment.place} in {experiment.site.name}"


def _before_start(experiment: Experiment) -> Sequence[str]:
    if _is_paused(experiment):
        return [
            "Every unit gets the variant that it had before the pause.",
            "What was counted so far stays counted.",
        ]
    checks = services.launch_checks(experiment)
    failed = [check for check in checks if check.is_hard and not check.passed]
    if failed:
        return [f"{check.name}: {check.detail}. {check.fix}" for check in failed]
    shown = {variant.parameters.get("recommender") for variant in experiment.variants.all()}
    lines = [
        f"{_share_text(experiment)} enter, within five seconds.",
        "Variants, weights, placement and audience are fixed from then on.",
        "You can pause it at any moment: everybody then sees the placement's default again.",
    ]
    if len(shown) == 1:
        lines.append("All variants show the same recommender: an A/A test, no lift is expected.")
    return lines


def _before_pause(experiment: Experiment) -> Sequence[str]:
    return [
        f"{_share_text(experiment)} see the placement's default again, within five seconds.",
        "What was counted stays; the buckets stay reserved.",
        "You can resume it later: every unit then gets its old variant.",
    ]


def _before_end(experiment: Experiment) -> Sequence[str]:
    return [
        "It ends for good and cannot be started again.",
        f"{_share_text(experiment)} see the placement's default from then on.",
        "Its buckets are free for other experiments. The report stays.",
    ]


def _start(experiment: Experiment, actor: str, reason: str) -> str:
    was_paused = _is_paused(experiment)
    services.start_experiment(experiment_id=experiment.pk, actor=actor)
    return f"{experiment.name} {'runs again' if was_paused else 'is running'}."


def _pause(experiment: Experiment, actor: str, reason: str) -> str:
    services.pause_experiment(experiment_id=experiment.pk, actor=actor, reason=reason)
    return f"{experiment.name} is paused; everybody sees the placement's default."


def _end(experiment: Experiment, actor: str, reason: str) -> str:
    services.end_experiment(experiment_id=experiment.pk, actor=actor, reason=reason)
    return f"{experiment.name} has ended; its buckets are free."


START = Step(
    name="start",
    label=lambda row: "Resume" if _is_paused(row) else "Start the experiment",
    question=lambda row: f"{'Resume' if _is_paused(row) else 'Start'} “{row.name}”?",
    consequences=_before_start,
    run=_start,
    action=Action.LAUNCH,
    is_possible=lambda row: "start" in actions(row.status),
)
PAUSE = Step(
    name="pause",
    label=lambda _row: "Pause",
    question=lambda row: f"Pause “{row.name}”?",
    consequences=_before_pause,
    run=_pause,
    action=Action.STOP,
    is_possible=lambda row: "pause" in actions(row.status),
    needs_reason=True,
    tone="plain",
)
END = Step(
    name="end",
    label=lambda _row: "End for good",
    question=lambda row: f"End “{row.name}” for good?",
    consequences=_before_end,
    run=_end,
    action=Action.STOP,
    is_possible=lambda row: "end" in actions(row.status),
    needs_reason=True,
    tone="danger",
)
