"""The audit: who changed what, when, from what to what, and why; appended, never changed."""

from typing import Any

from django.db import models

from experiments.errors import InvalidInput
from experiments.models.experiment import Experiment
from experiments.models.site import Site


class Change(models.Model):
    """One change by one person or by the service itself."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="changes")
    experiment = models.ForeignKey(
        Experiment, null=True, blank=True, on_delete=models.SET_NULL, related_name="changes"
    )
    subject = models.CharField(max_length=200, help_text="What was changed, e.g. layer home.")
    action = models.CharField(max_length=40)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["experiment", "at"], name="change_experiment_time")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Append the row; a second save is refused."""
        if self.pk is not None:
            raise InvalidInput("a change on record is never changed")
        super().save(*args, **kwargs)
