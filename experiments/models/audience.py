"""Who may enter: holdouts, overrides for testing, and experiments that others build on."""

from django.db import models
from django.db.models import F, Q

from experiments.models.experiment import Experiment, Variant
from experiments.models.layer import Layer
from experiments.models.site import Site


class Holdout(models.Model):
    """Units kept out of every experiment, or of some layers', to measure the sum of launches."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="holdouts")
    key = models.SlugField()
    name = models.CharField(max_length=200)
    seed = models.CharField(max_length=120, unique=True, editable=False)
    buckets = models.PositiveIntegerField(
        help_text="How many of 10,000 buckets stay out; may shrink, growing it takes units out."
    )
    layers = models.ManyToManyField(
        Layer, blank=True, related_name="holdouts", help_text="None chosen: the whole site."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["site", "key"]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="holdout_key_unique_in_site"),
            models.CheckConstraint(
                condition=Q(buckets__gte=1, buckets__lte=9_999), name="holdout_within_buckets"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Override(models.Model):
    """A unit that always gets one variant, for testing; left out of the analysis."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="overrides")
    unit_id = models.CharField(max_length=256)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="overrides")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["unit_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "unit_id"], name="override_once_per_unit"
            ),
            models.CheckConstraint(condition=~Q(unit_id=""), name="override_has_a_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} → {self.variant_id}"


class Prerequisite(models.Model):
    """Only units that are in one of some variants of another experiment may enter."""

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="prerequisites"
    )
    required = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="dependants")
    variants = models.ManyToManyField(Variant, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "required"], name="prerequisite_named_once"
            ),
            models.CheckConstraint(
                condition=~Q(experiment=F("required")), name="prerequisite_is_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.experiment_id} needs {self.required_id}"
