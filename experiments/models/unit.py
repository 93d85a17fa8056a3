"""What is known of units beside their events: links between their ids, flags, erasures."""

from django.db import models

from experiments.models.event import ID
from experiments.models.experiment import Experiment, Variant
from experiments.models.site import Site
from experiments.models.traffic import Traffic


class UnitLink(models.Model):
    """A visitor and an account that were seen together, first at `first_us`."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    visitor_id = models.CharField(max_length=ID)
    account_id = models.CharField(max_length=ID)
    first_us = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "visitor_id", "account_id"], name="unit_link_once"
            )
        ]
        indexes = [models.Index(fields=["site", "account_id"], name="unit_link_account")]

    def __str__(self) -> str:
        return f"{self.visitor_id} is {self.account_id}"


class FlaggedUnit(models.Model):
    """A unit that is no shopper: its exposures are left out of analyses and counted."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    unit_type = models.CharField(max_length=8, choices=Experiment.UnitType)
    unit_id = models.CharField(max_length=ID)
    traffic = models.CharField(max_length=8, choices=Traffic)
    detail = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "unit_type", "unit_id"], name="unit_flag_once")
        ]

    def __str__(self) -> str:
        return f"{self.unit_type} {self.unit_id}: {self.traffic}"


class Erasure(models.Model):
    """That a unit asked to be forgotten; without its id, so that it can be told from later ones.

    As long as the row stands, events of the same id are dropped and counted.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    unit_type = models.CharField(max_length=8, choices=Experiment.UnitType)
    digest = models.CharField(max_length=64, help_text="Keyed hash of the id.")
    actor = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    removed = models.JSONField(default=dict, blank=True, help_text="Rows removed, by table.")
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "unit_type", "digest"], name="erasure_once")
        ]

    def __str__(self) -> str:
        return f"{self.unit_type} {self.digest[:12]}"


class ExportedDay(models.Model):
    """A day of a site's rows that was written to a Parquet file, and perhaps dropped since."""

    class Table(models.TextChoices):
        EVENTS = "events"
        SLATES = "slates"
        EXPOSURES = "exposures"

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    table = models.CharField(max_length=9, choices=Table)
    day = models.CharField(max_length=10)
    n_rows = models.PositiveIntegerField()
    file = models.CharField(max_length=300, help_text="Under the folder of exports.")
    sha256 = models.CharField(max_length=64)
    exported_at = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["site", "table", "day"], name="exported_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.day}"


class DroppedSlates(models.Model):
    """How a variant was served in one phase by slates that were dropped; reports add them."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+")
    phase = models.PositiveIntegerField()
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    slates = models.PositiveBigIntegerField(default=0)
    fallbacks = models.PositiveBigIntegerField(default=0)
    strangers = models.PositiveBigIntegerField(default=0)
    clicked = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "dropped slates"
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "phase", "variant"], name="dropped_slates_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.slates} of {self.variant_id}"
