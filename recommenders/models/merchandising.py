"""What a shop decides about its lists itself: rules over items, and lists made by hand."""

from django.db import models
from django.db.models import F, Q

from experiments.models import Placement, Site

MAX_FACTOR = 100.0
MAX_RANK = 100


class MerchandisingRule(models.Model):
    """A rule that every list of a site, or of one placement, follows while it is in force."""

    class Kind(models.TextChoices):
        PIN = "pin", "Pin: always at this rank"
        BOOST = "boost", "Boost: further up, by a factor"
        BURY = "bury", "Bury: after everything else"
        BLOCK = "block", "Block: never shown"

    class Target(models.TextChoices):
        ITEM = "item", "One item, by its id"
        CATEGORY = "category", "All of a category"
        BRAND = "brand", "All of a brand"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="merchandising_rules")
    name = models.CharField(max_length=200, help_text="What the shop wants with it.")
    placement = models.ForeignKey(
        Placement,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Empty: on every placement of the site.",
    )
    kind = models.CharField(max_length=8, choices=Kind)
    target = models.CharField(max_length=8, choices=Target, default=Target.ITEM)
    value = models.CharField(
        max_length=256, help_text="The item’s id, category or brand, as the catalogue has it."
    )
    rank = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=f"Of a pin: 1 is the first place, {MAX_RANK} the last."
    )
    factor = models.FloatField(
        null=True,
        blank=True,
        help_text="Of a boost: what the distance above the weakest item is multiplied by; "
        f"above 0, at most {MAX_FACTOR:g}. Below 1 it weakens.",
    )
    starts_at = models.DateTimeField(null=True, blank=True, help_text="Empty: at once.")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until it is taken out.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["site", "name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="pin")
                | Q(target="item", rank__isnull=False, rank__gte=1, rank__lte=MAX_RANK),
                name="rule_pin_has_item_and_rank",
            ),
            models.CheckConstraint(
                condition=~Q(kind="boost")
                | Q(factor__isnull=False, factor__gt=0, factor__lte=MAX_FACTOR),
                name="rule_boost_has_factor",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(starts_at__lt=F("ends_at")),
                name="rule_in_force_for_a_while",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StaticList(models.Model):
    """Items in the shop's own order, shown when no recommender can answer."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="static_lists")
    name = models.CharField(max_length=200)
    placement = models.ForeignKey(
        Placement,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Empty: wherever a placement has no list of its own.",
    )
    item_ids = models.JSONField(
        default=list, help_text='Ids of items, best first, e.g. ["sku-1", "sku-7"].'
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["site", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "placement"], name="static_list_per_placement"),
            models.UniqueConstraint(
                fields=["site"], condition=Q(placement=None), name="static_list_of_site"
            ),
        ]

    def __str__(self) -> str:
        return self.name
