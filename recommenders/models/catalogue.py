"""The catalogue of a site, and the number that tells of its changes."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from experiments.models import Site


class Item(models.Model):
    """A thing that can be shown."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    item_id = models.CharField(max_length=256)
    title = models.CharField(max_length=500)
    category = models.CharField(max_length=200, blank=True)
    brand = models.CharField(max_length=200, blank=True)
    price = models.BigIntegerField(null=True, blank=True, help_text="Minor units.")
    description = models.TextField(blank=True)
    tags = models.JSONField(default=list, blank=True)
    stock = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: not counted, always available."
    )
    image_url = models.CharField(max_length=1000, blank=True)
    url = models.CharField(max_length=1000, blank=True)
    is_active = models.BooleanField(default=True)
    markets = models.JSONField(
        default=list,
        blank=True,
        help_text='Countries it is sold in, e.g. ["DE", "AT"]. Empty: everywhere.',
    )
    added_at = models.DateTimeField(
        default=timezone.now, help_text="When it became part of the range."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["site", "item_id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "item_id"], name="item_id_unique_in_site"),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gte=0, price__lte=10**13),
                name="item_price_within_bounds",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CatalogueVersion(models.Model):
    """A number that rises with every change of a site's items; serving processes watch it."""

    site = models.OneToOneField(Site, primary_key=True, on_delete=models.CASCADE)
    version = models.PositiveBigIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.site_id}: {self.version}"
