"""A/A replays: an experiment's analysis on what units did before it, split at random."""

from django.conf import settings
from django.db import models

from analytics.models.computation import Computation
from experiments.models import Experiment


class AaReplay(Computation):
    """What an experiment's analysis says of splits that make no difference.

    `splits`: how many, `http_splits`: how many of them also go through the interface, `seed`: what
    their seeds follow from. `results` is what `analytics.replay.results.Replay` holds.
    """

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="replays")
    splits = models.PositiveIntegerField()
    http_splits = models.PositiveIntegerField(default=0)
    seed = models.PositiveBigIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta(Computation.Meta):
        verbose_name = "A/A replay"
        indexes = [models.Index(fields=["experiment", "-id"], name="aa_replay_latest")]
