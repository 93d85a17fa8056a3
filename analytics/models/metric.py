"""Metrics, and which of them an experiment uses."""

from django.db import models
from django.db.models import Q

from experiments.models import Experiment, Site


class Metric(models.Model):
    """A number per unit, compared between variants; a new definition is a new version."""

    class Kind(models.TextChoices):
        BINARY = "binary", "share of units"
        MEAN = "mean", "mean per unit"
        RATIO = "ratio", "ratio of two sums"

    class Direction(models.TextChoices):
        UP = "up", "higher is better"
        DOWN = "down", "lower is better"

    class Format(models.TextChoices):
        PERCENT = "percent"
        MONEY = "money"
        NUMBER = "number"

    class Role(models.TextChoices):
        PRIMARY = "primary", "primary: decides"
        SECONDARY = "secondary", "secondary: explains"
        GUARDRAIL = "guardrail", "guardrail: must not worsen beyond its margin"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="metrics")
    key = models.SlugField(max_length=80)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    numerator = models.JSONField(
        help_text='E.g. {"source": "events", "type": "purchase", "sum": "amount"}.'
    )
    denominator = models.JSONField(null=True, blank=True)
    direction = models.CharField(max_length=4, choices=Direction.choices, default=Direction.UP)
    format = models.CharField(max_length=8, choices=Format.choices, default=Format.NUMBER)
    default_role = models.CharField(
        max_length=10,
        choices=Role.choices,
        default=Role.SECONDARY,
        help_text="The role it takes in an experiment that names no metrics of its own.",
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["site", "key", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "key", "version"], name="metric_version_unique_in_site"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ExperimentMetric(models.Model):
    """A metric's role in one experiment."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="metrics")
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT)
    role = models.CharField(max_length=10, choices=Metric.Role.choices)
    margin = models.FloatField(
        null=True, blank=True, help_text="Guardrails: the relative loss still accepted, e.g. 0.02."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "metric"], name="experiment_metric_once"),
            models.CheckConstraint(
                condition=Q(margin__isnull=True) | Q(margin__gt=0, margin__lt=1),
                name="experiment_metric_margin_fraction",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} ({self.role})"
