"""What a training is at, kept with its artifact for whoever waits."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from recommenders.models import Artifact
from recommenders.telling import heard_by

# How much is done when a stage begins: fitting and judging take most of the time.
DONE = {
    Artifact.Stage.READING: 0.0,
    Artifact.Stage.FITTING: 0.15,
    Artifact.Stage.JUDGING: 0.55,
    Artifact.Stage.WRITING: 0.9,
}
LEARNING = {
    Artifact.Stage.FITTING: DONE[Artifact.Stage.JUDGING] - DONE[Artifact.Stage.FITTING],
    Artifact.Stage.JUDGING: DONE[Artifact.Stage.WRITING] - DONE[Artifact.Stage.JUDGING],
}
BETWEEN_S = 1.0  # of two notes within a stage


def enter_stage(artifact: Artifact, stage: Artifact.Stage) -> None:
    """Note that a training has come to a stage; past the row's signals, as nobody serves it yet."""
    now = timezone.now()
    facts = {"stage": stage, "share": DONE[stage], "stage_since": now, "seen_at": now}
    for name, value in facts.items():
        setattr(artifact, name, value)
    Artifact.objects.filter(pk=artifact.pk).update(**facts)


@contextmanager
def learning(artifact: Artifact, stage: Artifact.Stage) -> Iterator[None]:
    """Enter a stage in which an algorithm learns, and note what it tells, at most once a second."""
    enter_stage(artifact, stage)
    begun, next_s = DONE[stage], time.monotonic() + BETWEEN_S

    def note(share: float) -> None:
        nonlocal next_s
        if time.monotonic() < next_s:
            return
        next_s = time.monotonic() + BETWEEN_S
        artifact.share = begun + LEARNING[stage] * min(max(share, 0.0), 1.0)
        Artifact.objects.filter(pk=artifact.pk).update(share=artifact.share, seen_at=timezone.now())

    with heard_by(note):
        yield


def leave_sign(artifact_id: int) -> None:
    """Note that the process of a training lives."""
    Artifact.objects.filter(pk=artifact_id).update(seen_at=timezone.now())
