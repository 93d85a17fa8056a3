"""Links that show one stored report to whoever has them, without an account, until they end."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from analytics.models.analysis import Analysis
from analytics.models.exploration import Exploration
from experiments.models import Experiment

LABEL_LENGTH = 200


class ShareLink(models.Model):
    """A link to one finished analysis or exploration, which never changes under it.

    The token is shown once; `digest` is the SHA-256 of it. `title`: the experiment's name when the
    link was made. `label`: for whom it is; its readers never see it.
    """

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="share_links")
    analysis = models.ForeignKey(
        Analysis, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    exploration = models.ForeignKey(
        Exploration, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    title = models.CharField(max_length=200)
    label = models.CharField(max_length=LABEL_LENGTH, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_by = models.CharField(max_length=200, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_opened_at = models.DateTimeField(null=True, blank=True)
    times_opened = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["experiment", "-id"], name="share_link_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(analysis__isnull=False, exploration__isnull=True)
                | Q(analysis__isnull=True, exploration__isnull=False),
                name="share_link_to_one_report",
            )
        ]

    def __str__(self) -> str:
        return f"link {self.pk} to {self.shared}"

    @property
    def shared(self) -> Analysis | Exploration:
        """Return the stored report that the link shows."""
        found = self.analysis or self.exploration
        if found is None:
            raise ValueError("a link shows an analysis or an exploration")
        return found

    def state_at(self, now: datetime) -> str:
        """Return whether the link opens the report: "open", "expired" or "revoked"."""
        if self.revoked_at is not None:
            return "revoked"
        return "open" if now < self.expires_at else "expired"
