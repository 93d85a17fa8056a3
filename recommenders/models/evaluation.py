"""Offline evaluations: what was asked, how far it is, and the table that came of it."""

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from experiments.models import Site
from recommenders.models.registry import SEED, Artifact


class Evaluation(models.Model):
    """One table of recommenders judged on a site's own events; appended, never changed.

    `artifact`: the one it was asked for, when it was; `contenders`: of each recommender its name,
    algorithm and settings; `until`: events before this moment took part. What each unit got is not
    stored: the same events, seed and settings give it again.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        COMPUTING = "computing"
        READY = "ready"
        FAILED = "failed"

    class Split(models.TextChoices):
        """What is learned from and what is judged by."""

        TIME = "time", "by time"
        LAST = "last", "last act of each unit"
        RANDOM = "random", "random share of each unit"

    class Wanted(models.TextChoices):
        """Which interactions count as wanted."""

        ANY = "any", "whatever units did"
        PURCHASE = "purchase", "purchases"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="evaluations")
    artifact = models.ForeignKey(
        Artifact, null=True, blank=True, on_delete=models.CASCADE, related_name="evaluations"
    )
    contenders = models.JSONField()
    split = models.CharField(max_length=8, choices=Split.choices, default=Split.TIME)
    folds = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    window_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    k = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    remove_seen = models.BooleanField(default=True)
    wanted = models.CharField(max_length=8, choices=Wanted.choices, default=Wanted.ANY)
    seed = models.PositiveIntegerField(default=SEED)
    until = models.DateTimeField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.QUEUED)
    stage = models.CharField(max_length=200, blank=True)
    share = models.FloatField(null=True, blank=True)
    results = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    code_version = models.CharField(max_length=40)
    actor = models.CharField(max_length=150, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["site", "-id"], name="evaluation_latest")]

    def __str__(self) -> str:
        return f"{self.site} #{self.pk}"

    @property
    def last_sign_at(self) -> datetime:
        """Return when it was last heard of."""
        return self.seen_at or self.created_at
