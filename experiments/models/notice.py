"""What people should know: reminders and alarms, and the webhooks that carry them elsewhere."""

from django.db import models
from django.db.models import Q

from experiments.models.experiment import Experiment
from experiments.models.site import Site


class Notice(models.Model):
    """One reminder or alarm; raised once per onset, until it is resolved."""

    class Severity(models.TextChoices):
        INFO = "info", "for information"
        WARNING = "warning", "warning"
        ALARM = "alarm", "alarm"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="notices")
    experiment = models.ForeignKey(
        Experiment, null=True, blank=True, on_delete=models.CASCADE, related_name="notices"
    )
    kind = models.CharField(max_length=60)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.INFO)
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    onset_key = models.CharField(
        max_length=200, help_text="Names the condition, so that it is told once while it lasts."
    )
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.CharField(max_length=200, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "onset_key"],
                condition=Q(resolved_at__isnull=True),
                name="notice_once_per_onset",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Webhook(models.Model):
    """An address outside that gets a site's notices, each signed."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=100)
    url = models.URLField(max_length=500)
    nonce = models.CharField(
        max_length=64, editable=False, help_text="What the signing secret is derived from."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["site", "name"]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One notice on its way to one webhook."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "notice"], name="delivery_once_per_webhook")
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} to {self.webhook_id}"
