"""What happened: applied events, their ledger, served slates, exposures."""

from django.db import models
from django.db.models import Q

from experiments.models.experiment import Experiment, Variant
from experiments.models.site import Site
from experiments.models.traffic import Traffic

ID = 256  # characters of a unit, item, session or order id
MAX_AMOUNT = 10**13  # minor units; far above any basket, far below 2^63


class LedgerEntry(models.Model):
    """The identity of an applied event, kept for ever: the event itself may be dropped one day.

    The key holds no day, so that a repeat is found however late it comes.
    """

    pk = models.CompositePrimaryKey("site_id", "event_id")
    # Unchecked, as below: a check per row would cost a tenth of what applying an event does.
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    event_id = models.UUIDField()
    body_hash = models.BigIntegerField(help_text="Of the event's content, 64 bits.")

    class Meta:
        verbose_name_plural = "ledger entries"

    def __str__(self) -> str:
        return str(self.event_id)


class Event(models.Model):
    """Something a unit did. On PostgreSQL the table is split by `day`; the ledger keeps it unique.

    The ids are those that were sent; `borrowed` says which of them were found elsewhere.
    """

    class Borrowed(models.IntegerChoices):
        """Bits: the id was not sent with the event but found by its request or its account."""

        VISITOR = 1
        ACCOUNT = 2
        SESSION = 4

    site = models.ForeignKey(Site, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    event_id = models.UUIDField()
    type = models.CharField(max_length=64)
    occurred_at = models.DateTimeField()
    ts_us = models.BigIntegerField()
    day = models.CharField(max_length=10)
    received_at = models.DateTimeField()
    api_key_id = models.BigIntegerField(null=True, blank=True, help_text="What sent it.")
    visitor_id = models.CharField(max_length=ID, blank=True)
    account_id = models.CharField(max_length=ID, blank=True)
    session_id = models.CharField(max_length=ID, blank=True)
    request_id = models.UUIDField(null=True, blank=True)
    item_id = models.CharField(max_length=ID, blank=True)
    rank = models.PositiveIntegerField(null=True, blank=True)
    items = models.JSONField(default=list, blank=True)
    quantity = models.BigIntegerField(null=True, blank=True)
    amount = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    order_id = models.CharField(max_length=ID, blank=True)
    order_ref = models.CharField(max_length=ID, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    properties = models.JSONField(default=dict, blank=True)
    is_verified = models.BooleanField(default=True)
    borrowed = models.PositiveSmallIntegerField(default=0)
    traffic = models.CharField(max_length=8, choices=Traffic, blank=True)
    refunded = models.BigIntegerField(
        default=0, help_text="Of a purchase: minor units that refunds of its order took back."
    )
    refunded_quantity = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0, amount__lte=MAX_AMOUNT),
                name="event_amount_within_bounds",
            ),
        ]
        indexes = [
            models.Index(fields=["site", "visitor_id", "ts_us"], name="event_visitor_time"),
            models.Index(
                fields=["site", "account_id", "ts_us"],
                name="event_account_time",
                condition=~Q(account_id=""),
            ),
            models.Index(
                fields=["site", "session_id", "ts_us"],
                name="event_session_time",
                condition=~Q(session_id=""),
            ),
            models.Index(
                fields=["site", "order_id"], name="event_order", condition=~Q(order_id="")
            ),
            models.Index(
                fields=["request_id"],
                name="event_request",
                condition=Q(request_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


STRANGER = "unknown_unit"  # the fallback of a list whose recommender does not know the unit


class Slate(models.Model):
    """One served list: who got it, from what, and what stood where."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    request_id = models.UUIDField()
    placement = models.CharField(max_length=80)
    served_at = models.DateTimeField()
    ts_us = models.BigIntegerField()
    day = models.CharField(max_length=10)
    visitor_id = models.CharField(max_length=ID, blank=True)
    account_id = models.CharField(max_length=ID, blank=True)
    session_id = models.CharField(max_length=ID, blank=True)
    experiment = models.ForeignKey(Experiment, null=True, on_delete=models.CASCADE)
    phase = models.PositiveIntegerField(null=True)
    variant = models.ForeignKey(Variant, null=True, on_delete=models.CASCADE)
    unit_id = models.CharField(max_length=ID, blank=True)
    reason = models.CharField(max_length=20)
    recommender = models.CharField(max_length=100)
    artifact = models.CharField(max_length=150, blank=True)
    items = models.JSONField(default=list)
    fallback = models.CharField(max_length=40, blank=True)
    latency_us = models.PositiveIntegerField(default=0)
    clicked = models.PositiveSmallIntegerField(default=0)
    attributes = models.JSONField(default=dict, help_text="What eligibility looked at.")
    traffic = models.CharField(max_length=8, choices=Traffic, blank=True)
    # What the list is like, worked out once when it is applied: see experiments/drain/measures.py.
    n_items = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Items on it; empty: stored before these were counted."
    )
    pairs = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Ordered pairs of its items whose categories are known."
    )
    unlike_pairs = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Those of the pairs whose categories differ."
    )
    n_known = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Items whose popularity was known."
    )
    n_tail = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Those of them outside of the best sellers."
    )
    novelty_mbit = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Sum of their surprise, thousandths of a bit."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "request_id"], name="slate_request_unique")
        ]
        indexes = [
            models.Index(fields=["experiment", "phase", "unit_id", "ts_us"], name="slate_unit_time")
        ]

    def __str__(self) -> str:
        return f"{self.placement} {self.request_id}"


class Exposure(models.Model):
    """The logged fact that a unit met its variant; one row per unit, experiment and phase."""

    # Its own index is left out: three of those below begin with it.
    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="exposures", db_index=False
    )
    phase = models.PositiveIntegerField()
    unit_id = models.CharField(max_length=ID)
    unit_type = models.CharField(
        max_length=8, blank=True, help_text="Whose id it is, where a fallback stood in; else empty."
    )
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE)
    first_at = models.DateTimeField()
    ts_us = models.BigIntegerField()
    day = models.CharField(max_length=10)
    attributes = models.JSONField(default=dict)
    is_multiple = models.BooleanField(
        default=False, help_text="Seen in two variants of one phase: left out and counted."
    )
    traffic = models.CharField(
        max_length=8,
        choices=Traffic,
        blank=True,
        help_text="Why the unit is left out and counted; empty for a shopper.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "phase", "unit_id"], name="exposure_once_per_phase"
            )
        ]
        indexes = [
            models.Index(fields=["experiment", "phase", "variant"], name="exposure_variant"),
            models.Index(fields=["experiment", "ts_us"], name="exposure_when"),  # the last hours
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} in {self.variant_id}"
