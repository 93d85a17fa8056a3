"""Stored analyses."""

from typing import Any

from django.db import models

from analytics.results import as_newest
from experiments.models import Experiment


class Analysis(models.Model):
    """One computed result with all it takes to compute it again; appended, never changed."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        COMPUTING = "computing"
        READY = "ready"
        FAILED = "failed"

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="analyses")
    phase = models.PositiveIntegerField()
    settings = models.JSONField()
    settings_hash = models.CharField(max_length=64)
    data_cut_us = models.BigIntegerField()
    code_version = models.CharField(max_length=40)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.QUEUED)
    results = models.JSONField(null=True)
    moments = models.JSONField(default=dict)
    sql = models.TextField(blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "analyses"
        indexes = [models.Index(fields=["experiment", "-id"], name="analysis_latest")]

    def __str__(self) -> str:
        return f"{self.experiment} #{self.pk}"

    @property
    def report(self) -> dict[str, Any]:
        """Return the results in the newest shape, whichever version stored them; {} without any."""
        return as_newest(self.results) if self.results else {}
