"""What is kept of each unit's events, so that a report need not read them all again."""

from django.db import models

from analytics.models.metric import Metric
from experiments.models import Experiment, Variant
from experiments.models.event import ID


class Rollup(models.Model):
    """A unit's uncapped sums of one metric in one phase, as the rows now give them.

    `y`, `x`: numerator and denominator in the unit's window. `pre_y`, `pre_x`: the same over the
    28 days before its first exposure. Units of which all four are zero, and units that analyses
    leave out, have no row.
    """

    pk = models.CompositePrimaryKey("experiment_id", "phase", "metric_id", "unit_id")
    # Unchecked: three checks per row would cost as much as writing it. Rows go with the experiment;
    # whoever deletes a variant alone does not wait for a search through all of them.
    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    phase = models.PositiveIntegerField()
    metric = models.ForeignKey(
        Metric, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    unit_id = models.CharField(max_length=ID)
    variant = models.ForeignKey(
        Variant, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False, related_name="+"
    )
    y = models.BigIntegerField()
    x = models.BigIntegerField()
    pre_y = models.BigIntegerField()
    pre_x = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.y}/{self.x}"


class RollupState(models.Model):
    """Whether the rollups of one metric in one phase may be read, and how far their making is."""

    class Status(models.TextChoices):
        BUILDING = "building"
        CURRENT = "current", "current: the drain keeps it up"
        CLOSED = "closed", "closed: complete, later events change nothing"
        FAILED = "failed"

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="rollups")
    phase = models.PositiveIntegerField()
    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=8, choices=Status, default=Status.BUILDING)
    rules = models.CharField(
        max_length=64, blank=True, help_text="Hash of what the sums depend on beside the rows."
    )
    n_units = models.PositiveIntegerField(default=0, help_text="Exposed units read so far.")
    last_unit = models.CharField(max_length=ID, blank=True, help_text="Where building goes on.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    built_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "phase", "metric"], name="rollup_state_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.metric} in phase {self.phase}: {self.status}"
