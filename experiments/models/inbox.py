"""What waits to be applied, what was refused, and the counts that have to agree."""

from django.db import models
from django.db.models import Q

from experiments.models.site import Site


class InboxBatch(models.Model):
    """An accepted document that waits to be applied; committed before its 202."""

    class Kind(models.TextChoices):
        EVENTS = "events"
        SLATES = "slates"

    # Unchecked: writers side by side would all lock the site's row, a sixth of the cost.
    site = models.ForeignKey(Site, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    received_at = models.DateTimeField()
    doc = models.TextField()
    n_events = models.PositiveIntegerField(default=0, help_text="Events inside; 0 for slates.")
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "inbox batches"

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Quarantine(models.Model):
    """A refused event, kept with its reason, ready for repair and replay."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    received_at = models.DateTimeField()
    code = models.CharField(max_length=40)
    field = models.CharField(max_length=100, blank=True)
    detail = models.TextField(blank=True)
    event_id = models.CharField(max_length=64, blank=True)
    index = models.PositiveIntegerField(null=True)
    body = models.TextField()
    is_cut = models.BooleanField(default=False, help_text="Too long to be kept whole.")
    api_key_id = models.BigIntegerField(null=True, blank=True, help_text="What sent it.")
    replayed_at = models.DateTimeField(null=True, blank=True)
    replayed_by = models.CharField(max_length=200, blank=True)
    times = models.PositiveIntegerField(
        default=1, help_text="How often it came: the same again within a day is no new row."
    )
    last_at = models.DateTimeField(null=True, blank=True, help_text="When it came the last time.")
    digest = models.BigIntegerField(null=True, help_text="Of code and body, 64 bits.")

    class Meta:
        verbose_name_plural = "quarantine"
        indexes = [
            models.Index(fields=["site", "received_at"], name="quarantine_time"),
            models.Index(
                fields=["site", "digest"],
                name="quarantine_digest",
                condition=Q(digest__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.event_id}"


class Duplicate(models.Model):
    """A repeat of an applied event, kept for some days for whoever looks for it."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    event_id = models.UUIDField()
    type = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    api_key_id = models.BigIntegerField(null=True, blank=True)
    visitor_id = models.CharField(max_length=256, blank=True)
    account_id = models.CharField(max_length=256, blank=True)
    request_id = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["site", "received_at"], name="duplicate_time")]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class Tally(models.Model):
    """Running totals of a site's events, each slot counted up by its own writer.

    Web processes add what they accept in the transaction that accepts it, the drain adds what
    became of it in the transaction that applies it: accepted = applied + duplicates + quarantined +
    dropped + waiting, where waiting is what the inbox holds.
    """

    DRAIN = 0

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    slot = models.PositiveSmallIntegerField(
        help_text="0: the drain; others spread the web processes' threads, which never wait."
    )
    accepted = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0, help_text="Never accepted: told so in the answer.")
    applied = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    quarantined = models.BigIntegerField(
        default=0, help_text="Accepted, then found in conflict, mismatched or poisonous."
    )
    dropped = models.BigIntegerField(default=0, help_text="Of erased units.")
    newest_us = models.BigIntegerField(default=0, help_text="Time of the latest applied row.")

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [models.UniqueConstraint(fields=["site", "slot"], name="tally_slot_once")]

    def __str__(self) -> str:
        return f"{self.site_id}/{self.slot}"


class SlateTally(models.Model):
    """How many lists of a site were served by whom and why, as far as the drain has applied them.

    Kept apart from the slates, which are too many to be counted whenever somebody asks.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    variant_pk = models.PositiveBigIntegerField(
        default=0, help_text="0: in no experiment. No key of that table, so that counts outlive it."
    )
    recommender = models.CharField(max_length=100, help_text="Who answered.")
    fallback = models.CharField(max_length=40, blank=True, help_text="Why in another's place.")
    slates = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "slate tallies"
        constraints = [
            models.UniqueConstraint(
                fields=["site", "variant_pk", "recommender", "fallback"], name="slate_tally_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.slates} by {self.recommender}"
