"""Who opened a report, so that looks at results that should be read once can be counted."""

from django.db import models

from experiments.models import Experiment


class ReportLook(models.Model):
    """That one reader opened an experiment's report on one day, and how often."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+")
    phase = models.PositiveIntegerField()
    reader = models.CharField(max_length=200)
    day = models.DateField()
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "phase", "reader", "day"], name="report_look_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reader} on {self.day}"
