"""What every stored computation has: asked for, computed once, and from then on never changed."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q

from analytics.reporting.results import as_newest
from experiments.errors import AlreadyFinished


class Computations(models.QuerySet[Any]):
    """Rows of which finished ones are neither changed nor deleted, nor all that they are among.

    They go with their experiment alone.
    """

    def update(self, **kwargs: Any) -> int:
        """Change the rows; raises AlreadyFinished where one of them is ready or failed."""
        self._refuse_finished("changed")
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows; raises AlreadyFinished where one of them is ready or failed."""
        self._refuse_finished("deleted")
        return super().delete()

    def _refuse_finished(self, done: str) -> None:
        if self.filter(_FINISHED).exists():
            raise _refused(f"one of these {self.model._meta.verbose_name_plural} is finished", done)


class Computation(models.Model):
    """A report as it was asked for, and as it came out; finished ones are refused any change."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        COMPUTING = "computing"
        READY = "ready"
        FAILED = "failed"

    phase = models.PositiveIntegerField()
    settings = models.JSONField()
    settings_hash = models.CharField(max_length=64)
    data_cut_us = models.BigIntegerField()
    code_version = models.CharField(max_length=40)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.QUEUED)
    stage = models.CharField(
        max_length=80, blank=True, help_text="What is being computed, in words."
    )
    share = models.FloatField(default=0, help_text="How much of it is done, 0 to 1.")
    results = models.JSONField(null=True)
    moments = models.JSONField(default=dict)
    sql = models.TextField(blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = Computations.as_manager()

    class Meta:
        abstract = True
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it; raises AlreadyFinished once it is stored as ready or failed.

        What others may have read and decided on stays as it was: a newer one is another row.
        """
        if self._is_stored_finished():
            raise _refused(f"{self} is finished", "changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete it; raises AlreadyFinished once it is stored as ready or failed."""
        if self._is_stored_finished():
            raise _refused(f"{self} is finished", "deleted")
        return super().delete(*args, **kwargs)

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing about it can change any more."""
        return self.status in FINISHED

    @property
    def report(self) -> dict[str, Any]:
        """Return the results in the newest shape, whichever version stored them; {} without any."""
        return as_newest(self.results) if self.results else {}

    def _is_stored_finished(self) -> bool:
        rows = type(self)._default_manager.filter(_FINISHED, pk=self.pk)
        return self.pk is not None and rows.exists()


FINISHED: Iterable[str] = (Computation.Status.READY, Computation.Status.FAILED)
_FINISHED = Q(status__in=FINISHED)


def _refused(what: str, done: str) -> AlreadyFinished:
    return AlreadyFinished(f"{what} and cannot be {done}", hint="Ask for a new one instead.")
