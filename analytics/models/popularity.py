"""How well known the items of a site are: what novelty and coverage of lists are measured by."""

from django.db import models

from experiments.models import Site
from experiments.models.event import ID


class ItemPopularity(models.Model):
    """How surprising it is to see an item in a site's lists, as of the last four weeks.

    `novelty_mbit`: −log2 of the share of units that touched it, in thousandths of a bit; `is_tail`:
    whether it is outside of the items that together got the most touches.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    item_id = models.CharField(max_length=ID)
    novelty_mbit = models.PositiveIntegerField()
    is_tail = models.BooleanField()
    measured_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "item popularities"
        constraints = [
            models.UniqueConstraint(fields=["site", "item_id"], name="item_popularity_once")
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.novelty_mbit / 1000} bits"
