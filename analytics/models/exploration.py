"""Explorations: questions beside the official analysis, which they never touch."""

from django.conf import settings
from django.db import models

from analytics.models.computation import Computation
from experiments.models import Experiment


class Exploration(Computation):
    """An experiment's rows looked at differently: some units, days, metrics, other settings.

    `question`: what was asked, as `analytics.explorations.Question` reads it. The answer is
    exploratory: many such questions may be asked, and the best looking answer means little.
    """

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="explorations"
    )
    name = models.CharField(max_length=200)
    question = models.JSONField(default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta(Computation.Meta):
        indexes = [models.Index(fields=["experiment", "-id"], name="exploration_latest")]

    def __str__(self) -> str:
        return self.name
