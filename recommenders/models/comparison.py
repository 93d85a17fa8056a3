"""Lists of several recommenders for a sample of units, set side by side."""

from django.db import models

from experiments.models import Site


class Comparison(models.Model):
    """What recommenders of a site would show a sample of its units; only sums are kept of it.

    `question`: whose lists, how long, for how many units and by which seed they are drawn.
    `figures`: what came out, once it is ready.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    question = models.JSONField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.QUEUED)
    n_done = models.PositiveIntegerField(default=0)
    n_units = models.PositiveIntegerField(default=0)
    figures = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(auto_now=True, help_text="Last sign of life.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"comparison {self.pk}"
