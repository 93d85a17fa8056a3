"""Metrics, and which of them an experiment uses."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from experiments.models import Experiment, Site

LONGEST_DAYS = 365  # of a window, a delay or a day of return


class Metric(models.Model):
    """A number per unit, compared between variants; a new definition is a new version."""

    class Kind(models.TextChoices):
        BINARY = "binary", "share of units"
        MEAN = "mean", "mean per unit"
        RATIO = "ratio", "ratio of two sums"
        RETENTION = "retention", "share of units that came back on a day"
        QUANTILE = "quantile", "quantile of single values"

    class Direction(models.TextChoices):
        UP = "up", "higher is better"
        DOWN = "down", "lower is better"

    class Format(models.TextChoices):
        PERCENT = "percent"
        MONEY = "money"
        NUMBER = "number"
        TIME = "time", "time (stored in µs)"

    class Role(models.TextChoices):
        PRIMARY = "primary", "primary: decides"
        SECONDARY = "secondary", "secondary: explains"
        GUARDRAIL = "guardrail", "guardrail: must not worsen beyond its margin"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="metrics")
    key = models.SlugField(max_length=80)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, help_text="What it counts, in a reader's words.")
    owner = models.CharField(max_length=150, blank=True, help_text="Whom to ask about it.")
    tags = models.JSONField(default=list, blank=True, help_text='E.g. ["shop", "money"].')
    kind = models.CharField(max_length=10, choices=Kind.choices)
    numerator = models.JSONField(
        help_text='E.g. {"source": "events", "type": "purchase", "sum": "amount"}.'
    )
    denominator = models.JSONField(null=True, blank=True)
    direction = models.CharField(max_length=4, choices=Direction.choices, default=Direction.UP)
    format = models.CharField(max_length=8, choices=Format.choices, default=Format.NUMBER)
    window_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)],
        help_text="Days that are counted; empty: those of the experiment.",
    )
    delay_days = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(LONGEST_DAYS)],
        help_text="Days after first exposure before the window opens.",
    )
    winsor = models.FloatField(
        null=True,
        blank=True,
        help_text="Values above this quantile of all units count as it, e.g. 0.999. Empty: none.",
    )
    uses_cuped = models.BooleanField(
        default=False, help_text="Take out what the unit's four weeks before explain."
    )
    min_units = models.PositiveIntegerField(
        default=0, help_text="Units per variant below which nothing is said of it."
    )
    default_role = models.CharField(
        max_length=10,
        choices=Role.choices,
        default=Role.SECONDARY,
        blank=True,
        help_text="The role it takes in an experiment that names no metrics of its own. Empty:"
        " none, it is there to be chosen.",
    )
    default_margin = models.FloatField(
        null=True, blank=True, help_text="As a guardrail: the relative loss still accepted."
    )
    is_builtin = models.BooleanField(default=False, editable=False)
    is_archived = models.BooleanField(
        default=False, help_text="No longer offered; reports that use it stay as they are."
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["site", "key", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "key", "version"], name="metric_version_unique_in_site"
            ),
            models.CheckConstraint(
                condition=Q(winsor__isnull=True) | Q(winsor__gt=0.5, winsor__lt=1),
                name="metric_winsor_upper_quantile",
            ),
            models.CheckConstraint(
                condition=Q(default_margin__isnull=True)
                | Q(default_margin__gt=0, default_margin__lt=1),
                name="metric_margin_fraction",
            ),
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
