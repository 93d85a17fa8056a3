"""The recommenders of a site and their fitted artifacts."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from experiments.models import Site

SEED = 20_260_101  # of every recommender that names none: the same data give the same artifact


class Alias(models.TextChoices):
    """A name that moves from artifact to artifact, so that who follows it need not be told."""

    CHAMPION = "champion"  # answers wherever no version is named
    CHALLENGER = "challenger"  # what is to be tried against the champion
    FALLBACK = "fallback"  # answers when the artifact that was asked for cannot


class Cause(models.TextChoices):
    """Why an artifact was trained."""

    REQUEST = "request"
    SCHEDULE = "schedule"
    DRIFT = "drift"
    DECAY = "decay"


def _alias(help_text: str = "") -> Any:
    return models.ForeignKey(
        "Artifact",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=help_text,
    )


def _hours(help_text: str) -> Any:
    return models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text=help_text
    )


class Recommender(models.Model):
    """An algorithm with settings, known to a site under a key; when it is trained anew."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="recommenders")
    key = models.SlugField(max_length=80)
    algorithm = models.CharField(
        max_length=80, help_text="A registered name, e.g. popularity, lightfm, hybrid."
    )
    settings = models.JSONField(default=dict, blank=True)
    seed = models.PositiveIntegerField(
        default=SEED, help_text="The same data, settings and seed give the same artifact."
    )
    champion = _alias()
    challenger = _alias()
    fallback = _alias()
    retrain_every_hours = _hours("Train anew so long after the last training; empty: never.")
    warm_every_hours = _hours(
        "Between full trainings learn on from the last artifact, where the algorithm can."
    )
    drift_limit = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.01), MaxValueValidator(10.0)],
        help_text="Train anew when the population stability index passes this; 0.25 is a large"
        " shift. Empty: never.",
    )
    watches_ctr = models.BooleanField(
        default=False,
        verbose_name="watches CTR",
        help_text="Train anew when its click-through rate against control decays.",
    )
    drift = models.JSONField(default=dict, blank=True, editable=False)
    decay = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["site", "key"]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="recommender_key_unique_in_site")
        ]

    def __str__(self) -> str:
        return self.key


class Artifact(models.Model):
    """One fitted recommender: a folder of arrays with a manifest and its checksum."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        TRAINING = "training"
        READY = "ready"
        FAILED = "failed"

    class Stage(models.TextChoices):
        """What a training is at; a ready artifact may still be judged."""

        READING = "reading"
        FITTING = "fitting"
        WRITING = "writing"
        JUDGING = "judging"

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    recommender = models.ForeignKey(Recommender, on_delete=models.PROTECT, related_name="artifacts")
    version = models.CharField(max_length=40)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.QUEUED)
    path = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    manifest = models.JSONField(default=dict, blank=True)
    metrics = models.JSONField(default=dict, blank=True)
    trained_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    cause = models.CharField(max_length=8, choices=Cause.choices, default=Cause.REQUEST)
    cause_detail = models.TextField(blank=True)
    started_from = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The artifact that it learned on from; none for a full training.",
    )
    wants_promotion = models.BooleanField(default=True)
    gate = models.JSONField(default=list, blank=True)
    stage = models.CharField(max_length=8, choices=Stage.choices, blank=True)
    share = models.FloatField(null=True, blank=True, help_text="How much is done, from 0 to 1.")
    stage_since = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="Last sign of life.")
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["recommender", "version"], name="artifact_version_unique"
            ),
            models.UniqueConstraint(
                fields=["recommender"],
                condition=Q(status="training"),
                name="one_training_per_recommender",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """Return name@version, as variants pin it."""
        return f"{self.recommender.key}@{self.version}"
