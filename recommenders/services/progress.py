"""What a training is at, kept with its artifact for whoever waits."""

from django.utils import timezone

from recommenders.models import Artifact

# How much is done when a stage begins: fitting and judging take most of the time.
DONE = {
    Artifact.Stage.READING: 0.0,
    Artifact.Stage.FITTING: 0.15,
    Artifact.Stage.JUDGING: 0.55,
    Artifact.Stage.WRITING: 0.9,
}


def enter_stage(artifact: Artifact, stage: Artifact.Stage) -> None:
    """Note that a training has come to a stage; past the row's signals, as nobody serves it yet."""
    now = timezone.now()
    facts = {"stage": stage, "share": DONE[stage], "stage_since": now, "seen_at": now}
    for name, value in facts.items():
        setattr(artifact, name, value)
    Artifact.objects.filter(pk=artifact.pk).update(**facts)


def leave_sign(artifact_id: int) -> None:
    """Note that the process of a training lives."""
    Artifact.objects.filter(pk=artifact_id).update(seen_at=timezone.now())
