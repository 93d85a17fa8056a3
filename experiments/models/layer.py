"""Layers, the placements they decide, and the buckets they lend to experiments."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from experiments.models.site import Site


class Layer(models.Model):
    """Mutually exclusive experiments sharing one hash."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="layers")
    key = models.SlugField()
    name = models.CharField(max_length=200)
    seed = models.CharField(
        max_length=100,
        unique=True,
        editable=False,
        help_text="Makes this layer's hash independent of every other.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["site", "key"]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="layer_key_unique_in_site")
        ]

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """A spot of the shop that shows a list; belongs to one layer."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="placements")
    key = models.SlugField(help_text="What the storefront sends, e.g. home, product, cart.")
    name = models.CharField(max_length=200)
    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="placements")
    parameters = models.JSONField(
        default=dict,
        blank=True,
        help_text='Who serves units outside every experiment, e.g. {"recommender": "popularity"}.',
    )

    class Meta:
        ordering = ["site", "key"]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="placement_key_unique_in_site")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.key})"

    def clean(self) -> None:
        """Refuse the key of an experiment: both name what storefronts and open clients fetch."""
        if self.site_id and self.site.experiments.filter(key=self.key).exists():
            message = f"{self.key!r} is the key of an experiment of this site."
            raise ValidationError({"key": message})


class Allocation(models.Model):
    """Buckets [start, stop) of a layer, lent to one experiment."""

    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="allocations")
    experiment = models.OneToOneField(
        "experiments.Experiment", on_delete=models.CASCADE, related_name="allocation"
    )
    start = models.PositiveIntegerField()
    stop = models.PositiveIntegerField()
    admitted_stop = models.PositiveIntegerField(
        help_text="Units of [start, admitted_stop) enter; the rest is kept for the ramp."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(start__lt=F("stop")), name="allocation_not_empty"),
            models.CheckConstraint(
                condition=Q(admitted_stop__gte=F("start"), admitted_stop__lte=F("stop")),
                name="allocation_admits_its_own",
            ),
            models.CheckConstraint(condition=Q(stop__lte=10_000), name="allocation_within_layer"),
        ]

    def __str__(self) -> str:
        return f"[{self.start}, {self.stop}) of {self.layer_id}"
