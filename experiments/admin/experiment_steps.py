"""What a product manager can do with an experiment by one button, after a page that asks."""

from collections.abc import Sequence

from experiments import services
from experiments.admin.layers import PER_CENT
from experiments.admin.steps import Step
from experiments.lifecycle import HOLDS_BUCKETS, UNDER_WAY, Status, actions
from experiments.models import Experiment
from experiments.roles import Action


def _is_paused(experiment: Experiment) -> bool:
    return experiment.status == Status.PAUSED


def _share_text(experiment: Experiment) -> str:
    allocation = getattr(experiment, "allocation", None)
    share = (allocation.stop - allocation.start) / PER_CENT if allocation else 0
    return f"{share:g} % of the units at {experiment.place} in {experiment.site.name}"


def _builders_on(experiment: Experiment) -> list[str]:
    """Return what a stop does to the experiments whose units come from this one."""
    rows = Experiment.objects.filter(
        prerequisites__required=experiment, status__in=HOLDS_BUCKETS
    ).order_by("name")
    return [f"“{row.name}” builds on it: from then on no unit is in it either." for row in rows[:5]]


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
        *_builders_on(experiment),
    ]


def _before_end(experiment: Experiment) -> Sequence[str]:
    return [
        "It ends for good and cannot be started again.",
        f"{_share_text(experiment)} see the placement's default from then on.",
        "Its buckets are free for other experiments. The report stays.",
        *_builders_on(experiment),
    ]


def _before_kill(experiment: Experiment) -> Sequence[str]:
    return [
        f"{_share_text(experiment)} see the placement's default within five seconds.",
        "It ends at once and for good: it cannot be started again.",
        "What was counted stays; the report says that it was killed, by whom and why.",
        *_builders_on(experiment),
    ]


def _before_archive(experiment: Experiment) -> Sequence[str]:
    lines = [
        "Storefronts hear of it no longer: their calls that name it get an unknown experiment.",
        "Its page, report and decision stay, and it is found in the list.",
    ]
    if not hasattr(experiment, "decision_record"):
        lines.append("No decision is recorded yet; that stays possible afterwards.")
    return lines


def _before_close(experiment: Experiment) -> Sequence[str]:
    return [
        "Units that come from now on see their variant as before, but do not count.",
        "Units that are in are observed further, until the end.",
        "It cannot be opened again, and no new phase can be opened.",
    ]


def _start(experiment: Experiment, actor: str, reason: str) -> str:
    was_paused = _is_paused(experiment)
    services.start_experiment(experiment_id=experiment.pk, actor=actor, waiver=reason)
    return f"{experiment.name} {'runs again' if was_paused else 'is running'}."


def _pause(experiment: Experiment, actor: str, reason: str) -> str:
    services.pause_experiment(experiment_id=experiment.pk, actor=actor, reason=reason)
    return f"{experiment.name} is paused; everybody sees the placement's default."


def _end(experiment: Experiment, actor: str, reason: str) -> str:
    services.end_experiment(experiment_id=experiment.pk, actor=actor, reason=reason)
    return f"{experiment.name} has ended; its buckets are free."


def _kill(experiment: Experiment, actor: str, reason: str) -> str:
    services.kill_experiment(experiment_id=experiment.pk, actor=actor, reason=reason)
    return f"{experiment.name} was killed; everybody sees the placement's default."


def _archive(experiment: Experiment, actor: str, reason: str) -> str:
    services.archive_experiment(experiment_id=experiment.pk, actor=actor)
    return f"{experiment.name} is archived."


def _close(experiment: Experiment, actor: str, reason: str) -> str:
    services.close_enrolment(experiment_id=experiment.pk, actor=actor, reason=reason)
    return f"The enrolment of {experiment.name} is closed; nobody new counts."


START = Step(
    name="start",
    label=lambda row: "Resume" if _is_paused(row) else "Start the experiment",
    question=lambda row: f"{'Resume' if _is_paused(row) else 'Start'} “{row.name}”?",
    consequences=_before_start,
    run=_start,
    action=Action.LAUNCH,
    is_possible=lambda row: "start" in actions(row.status),
    is_done=lambda row: row.status == Status.RUNNING,
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
    is_done=_is_paused,
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
    is_done=lambda row: row.status == Status.ENDED,
)
KILL = Step(
    name="kill",
    label=lambda _row: "Send everybody to the default",
    question=lambda row: f"Send everybody in “{row.name}” to the default?",
    consequences=_before_kill,
    run=_kill,
    action=Action.STOP,
    is_possible=lambda row: "kill" in actions(row.status),
    needs_reason=True,
    tone="danger",
    is_done=lambda row: row.is_killed,
)
ARCHIVE = Step(
    name="archive",
    label=lambda _row: "Archive",
    question=lambda row: f"Archive “{row.name}”?",
    consequences=_before_archive,
    run=_archive,
    action=Action.STOP,
    is_possible=lambda row: "archive" in actions(row.status),
    tone="plain",
    is_done=lambda row: row.status == Status.ARCHIVED,
)
CLOSE = Step(
    name="close-enrolment",
    label=lambda _row: "Close the enrolment",
    question=lambda row: f"Let nobody new into “{row.name}”?",
    consequences=_before_close,
    run=_close,
    action=Action.RAMP,
    is_possible=lambda row: row.status in UNDER_WAY and row.enrolment_closed_at is None,
    needs_reason=True,
    tone="plain",
    is_done=lambda row: row.enrolment_closed_at is not None,
)
