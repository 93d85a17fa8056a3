"""How an experiment is analysed, and the caps that were fixed before its start."""

from django.db import models
from django.db.models import Q

from analytics.models.metric import Metric
from experiments.models import Experiment, Site


class Correction(models.TextChoices):
    """How the p-values of several questions are corrected."""

    HOLM = "holm", "Holm: no false claim, step by step"
    BONFERRONI = "bonferroni", "Bonferroni: no false claim, all at once"
    DUNNETT = "dunnett", "Dunnett: every treatment against one control"
    BENJAMINI_HOCHBERG = "benjamini_hochberg", "Benjamini–Hochberg: few false claims"


# Dunnett's knows of several treatments, not of several metrics.
OF_METRICS = [each for each in Correction.choices if each[0] != Correction.DUNNETT]


class AnalysisSettings(models.Model):
    """How one experiment is analysed; an experiment without a row has the defaults.

    A change makes the stored analysis stale at once: see `services.analysis_settings`.
    """

    class Basis(models.TextChoices):
        SERVED = "served", "served: from the first list that was delivered"
        VIEWED = "viewed", "viewed: from the first list that the storefront saw shown"

    class Level(models.IntegerChoices):
        L80 = 80, "80 %"
        L95 = 95, "95 %"
        L99 = 99, "99 %"

    experiment = models.OneToOneField(
        Experiment, on_delete=models.CASCADE, related_name="analysis_settings"
    )
    alpha = models.FloatField(
        default=0.05, help_text="The chance of a false claim that is accepted, e.g. 0.05."
    )
    correction = models.CharField(
        max_length=18,
        choices=Correction,
        default=Correction.HOLM,
        help_text="Of the primary metric, over the treatments.",
    )
    secondary_correction = models.CharField(
        max_length=18,
        choices=OF_METRICS,
        default=Correction.BENJAMINI_HOCHBERG,
        help_text="Of the secondary metrics, over metrics and treatments.",
    )
    uses_cuped = models.BooleanField(
        "use history (CUPED)",
        default=True,
        help_text="Take out what a unit's 28 days before first exposure explain.",
    )
    uses_winsor = models.BooleanField(
        "cap extremes",
        default=True,
        help_text="Count a unit up to the metric's cap; raw shown beside.",
    )
    basis = models.CharField(max_length=6, choices=Basis, default=Basis.SERVED)
    level = models.PositiveSmallIntegerField(
        "range shown", choices=Level, default=Level.L95, help_text="The page shows the others too."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "analysis settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(alpha__gte=0.0001, alpha__lte=0.5),
                name="analysis_settings_alpha_fraction",
                violation_error_message="Alpha is a fraction from 0.0001 to 0.5.",
            )
        ]

    def __str__(self) -> str:
        return f"Analysis of {self.experiment}"

    @property
    def site(self) -> Site:
        """Return the site, on whose record a change goes."""
        return self.experiment.site


class FrozenCap(models.Model):
    """Where a metric's extremes are capped in an experiment: from before its start, for ever.

    A cap that followed the data would undo what an always-valid range promises. `cap` is None
    where no unit was there before the start: then nothing is capped.
    """

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="caps")
    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="+")
    quantile = models.FloatField()
    cap = models.BigIntegerField(null=True)
    n_units = models.PositiveIntegerField()
    from_us = models.BigIntegerField()
    until_us = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "metric", "quantile"], name="frozen_cap_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.metric}: {self.cap}"
