"""Experiments, their variants and the record of their status changes."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from experiments.lifecycle import Status
from experiments.models.layer import Layer, Placement
from experiments.models.site import Site

STATUSES = [(status.value, status.value) for status in Status]


class Experiment(models.Model):
    """One question put to the units of one layer, mostly at one placement."""

    class UnitType(models.TextChoices):
        VISITOR = "visitor", "visitor"
        ACCOUNT = "account", "account"
        SESSION = "session", "session"

    class Direction(models.TextChoices):
        INCREASE = "increase", "rises"
        DECREASE = "decrease", "falls"

    class Monitoring(models.TextChoices):
        ALWAYS_VALID = "always_valid", "always valid: may be read at any time"
        FIXED = "fixed", "fixed horizon: read once, at the planned end"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="experiments")
    key = models.SlugField(max_length=80, help_text="Short name in addresses and in the API.")
    name = models.CharField(max_length=200)
    hypothesis = models.TextField(blank=True, help_text="If we change …, then … rises, because ….")
    hypothesis_change = models.TextField(blank=True, help_text="What the treatment changes.")
    hypothesis_because = models.TextField(blank=True, help_text="Why that should work.")
    expected_direction = models.CharField(
        max_length=8, choices=Direction.choices, default=Direction.INCREASE
    )
    placement = models.ForeignKey(
        Placement,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="experiments",
        help_text="Whose list it decides; without one its parameters are fetched by its own key.",
    )
    own_layer = models.ForeignKey(
        Layer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="experiments",
        verbose_name="layer",
        help_text="Without a placement: the layer whose buckets it takes.",
    )
    unit_type = models.CharField(max_length=8, choices=UnitType.choices, default=UnitType.VISITOR)
    fallback_unit_type = models.CharField(
        max_length=8,
        choices=UnitType.choices,
        blank=True,
        default="",
        help_text="Whose id stands in where the first is missing, e.g. the visitor's.",
    )
    is_sticky = models.BooleanField(
        default=False,
        help_text="A visitor who signs in stays the same unit; the storefront carries the token.",
    )
    status = models.CharField(
        max_length=10,
        choices=STATUSES,
        default=Status.DRAFT.value,
        editable=False,
    )
    phase = models.PositiveIntegerField(default=1, editable=False)
    seed = models.CharField(max_length=120, editable=False)
    eligibility = models.JSONField(
        default=dict, blank=True, help_text='Condition on attributes, e.g. {"country": "DE"}.'
    )
    window_days = models.PositiveIntegerField(
        default=14, help_text="Events count for this many days after a unit's first exposure."
    )
    monitoring = models.CharField(
        max_length=12, choices=Monitoring.choices, default=Monitoring.ALWAYS_VALID
    )
    planned_days = models.PositiveIntegerField(default=14)
    planned_units = models.PositiveIntegerField(null=True, blank=True)
    mde = models.FloatField(
        null=True,
        blank=True,
        verbose_name="smallest lift worth detecting",
        help_text="A fraction: 0.05 is 5 %.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="owned_experiments",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, editable=False
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    approved_version = models.PositiveIntegerField(
        null=True, blank=True, editable=False, help_text="The version that the approval is of."
    )
    version = models.PositiveIntegerField(
        default=1, editable=False, help_text="Rises with each change; two editors collide on it."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    starts_at = models.DateTimeField(
        null=True, blank=True, help_text="When a scheduled one starts."
    )
    ends_at = models.DateTimeField(null=True, blank=True, help_text="When it ends by itself.")
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    enrolment_closed_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Units first exposed later are served but not analysed.",
    )
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_killed = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="experiment_key_unique_in_site"),
            models.CheckConstraint(
                condition=Q(placement__isnull=True) ^ Q(own_layer__isnull=True),
                name="experiment_has_placement_or_layer",
            ),
            models.CheckConstraint(
                condition=Q(window_days__gte=1, window_days__lte=365),
                name="experiment_window_within_a_year",
            ),
            models.CheckConstraint(
                condition=Q(mde__isnull=True) | Q(mde__gt=0), name="experiment_mde_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def layer(self) -> Layer:
        """Return the layer whose buckets the experiment takes: its placement's, or its own."""
        layer = self.placement.layer if self.placement else self.own_layer
        assert layer is not None  # the database lets no other row in
        return layer

    @property
    def place(self) -> str:
        """Return the name of the placement it decides, or of its layer where it decides none."""
        return self.placement.name if self.placement else self.layer.name


class Variant(models.Model):
    """One configured experience of an experiment."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="variants")
    key = models.SlugField(max_length=80)
    name = models.CharField(max_length=200)
    is_control = models.BooleanField(default=False)
    weight = models.PositiveIntegerField(default=1)
    parameters = models.JSONField(
        default=dict,
        blank=True,
        help_text='What this variant shows, e.g. {"recommender": "hybrid"}.',
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "key"], name="variant_key_unique_in_experiment"
            ),
            models.UniqueConstraint(
                fields=["experiment"],
                condition=Q(is_control=True),
                name="variant_single_control",
                violation_error_message="An experiment has exactly one control.",
            ),
            models.CheckConstraint(
                condition=Q(weight__gte=1, weight__lte=10_000), name="variant_weight_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StatusChange(models.Model):
    """One step of an experiment's life; appended, never changed."""

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="status_changes"
    )
    from_status = models.CharField(max_length=10)
    to_status = models.CharField(max_length=10)
    actor = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"
