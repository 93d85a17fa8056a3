"""The official analyses of experiments."""

from django.db import models

from analytics.models.computation import Computation
from experiments.models import Experiment


class Analysis(Computation):
    """One computed result with all it takes to compute it again; appended, never changed."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="analyses")
    attempt = models.PositiveSmallIntegerField(
        default=1, help_text="Above 1: asked for again since the one before failed."
    )

    class Meta(Computation.Meta):
        verbose_name_plural = "analyses"
        indexes = [models.Index(fields=["experiment", "-id"], name="analysis_latest")]

    def __str__(self) -> str:
        return f"{self.experiment} #{self.pk}"
