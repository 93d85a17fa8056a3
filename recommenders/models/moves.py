"""The history of aliases: which artifact had which name, since when, by whom and why."""

from typing import Any

from django.db import models

from experiments.errors import InvalidInput
from experiments.models import Site
from recommenders.models.registry import Alias, Recommender


class AliasMove(models.Model):
    """One move of an alias from one artifact to another; appended, never changed.

    Artifacts are told by name, since a name outlives its files. `findings`: the checks of the
    promotion gate that had failed, or could not be made, when it moved all the same.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    recommender = models.ForeignKey(Recommender, on_delete=models.CASCADE, related_name="moves")
    alias = models.CharField(max_length=10, choices=Alias.choices)
    before = models.CharField(max_length=130, blank=True)
    after = models.CharField(max_length=130, blank=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    is_override = models.BooleanField(default=False)
    is_rollback = models.BooleanField(default=False)
    findings = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.alias} of {self.recommender.key}: {self.after or 'nobody'}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Append the row; a second save is refused."""
        if self.pk is not None:
            raise InvalidInput("a move on record is never changed")
        super().save(*args, **kwargs)
