"""Staff screens of merchandising: rules over items, and lists made by hand."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from unfold.decorators import display

from experiments.admin.base import StaffAdmin
from experiments.admin.recorded import Recorded
from recommenders.models import Item, MerchandisingRule, StaticList
from recommenders.models.merchandising import MAX_FACTOR, MAX_RANK

MOST_LISTED = 200
Kind, Target = MerchandisingRule.Kind, MerchandisingRule.Target


class _OfOneSite(forms.ModelForm):
    """A form whose placement is of the row's own site."""

    def clean(self) -> dict[str, Any]:
        """Refuse the placement of another site."""
        data = super().clean() or {}
        site, placement = self.site_of(data), data.get("placement")
        if site and placement is not None and placement.site_id != site.pk:
            self.add_error("placement", f"It belongs to {placement.site.name}, not {site.name}.")
        return data

    def site_of(self, data: dict[str, Any]) -> Any:
        """Return the row's site, None while none is chosen."""
        return data.get("site") or (self.instance.site if self.instance.pk else None)


class RuleForm(_OfOneSite):
    """A rule: each kind has what it needs and nothing else."""

    class Meta:
        model = MerchandisingRule
        fields = [
            "site",
            "name",
            "placement",
            "kind",
            "target",
            "value",
            "rank",
            "factor",
            "starts_at",
            "ends_at",
            "is_active",
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse what could never take effect, and say what would."""
        data = super().clean()
        for field, problem in (*_of_kind(data), *_of_time(data), *self._of_value(data)):
            self.add_error(field, problem)
        return data

    def _of_value(self, data: dict[str, Any]) -> list[tuple[str, str]]:
        """Return what is wrong with the item, category or brand that is named."""
        site, target, value = self.site_of(data), data.get("target"), data.get("value")
        if site is None or not target or not value:
            return []
        name = {Target.ITEM: "item_id", Target.CATEGORY: "category", Target.BRAND: "brand"}
        if Item.objects.filter(site=site, **{name[target]: value}).exists():
            return []
        return [("value", f"The catalogue of {site.name} has no {target} {value!r}.")]


def _of_kind(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what a rule's kind lacks or has no use for."""
    kind, target = data.get("kind"), data.get("target")
    if not kind:
        return []
    found = [*_of_rank(kind, data.get("rank")), *_of_factor(kind, data.get("factor"))]
    if kind == Kind.PIN and target not in (None, Target.ITEM):
        found.append(("target", "Only one item can be pinned: name it by its id."))
    return found


def _of_rank(kind: str, rank: int | None) -> list[tuple[str, str]]:
    if kind != Kind.PIN:
        return [("rank", "Only a pin has a rank: leave it empty.")] if rank is not None else []
    if rank is None:
        return [("rank", "Say at which rank, e.g. 1.")]
    return [] if 1 <= rank <= MAX_RANK else [("rank", f"From 1 to {MAX_RANK}; it is {rank}.")]


def _of_factor(kind: str, factor: float | None) -> list[tuple[str, str]]:
    if kind != Kind.BOOST:
        return [("factor", "Only a boost has one: leave it empty.")] if factor is not None else []
    if factor is None:
        return [("factor", "Say by how much, e.g. 1.5.")]
    if 0 < factor <= MAX_FACTOR:
        return []
    return [("factor", f"Above 0 and at most {MAX_FACTOR:g}; it is {factor:g}.")]


def _of_time(data: dict[str, Any]) -> list[tuple[str, str]]:
    starts, ends = data.get("starts_at"), data.get("ends_at")
    if starts and ends and starts >= ends:
        return [("ends_at", "It has to end after it starts.")]
    return []


@admin.register(MerchandisingRule)
class MerchandisingRuleAdmin(Recorded, StaffAdmin):
    """Rules that every list of a site or of a placement follows."""

    form = RuleForm
    fixed_fields = ("site",)
    list_display = ["name", "site", "placement", "kind", "what", "state"]
    list_filter = ["site", "kind", "is_active"]
    list_select_related = ["site", "placement"]
    search_fields = ["name", "value"]

    @display(description="What", ordering="value")
    def what(self, obj: MerchandisingRule) -> str:
        """Return what the rule is about, with its rank or factor."""
        amount = {Kind.PIN: f" at rank {obj.rank}", Kind.BOOST: f" × {obj.factor or 0:g}"}
        return f"{obj.target} {obj.value}{amount.get(Kind(obj.kind), '')}"

    @display(
        description="State",
        label={"in force": "success", "not yet": "info", "over": "warning", "off": "warning"},
    )
    def state(self, obj: MerchandisingRule) -> str:
        """Return whether lists follow it now."""
        now = timezone.now()
        if not obj.is_active:
            return "off"
        if obj.ends_at and obj.ends_at <= now:
            return "over"
        return "not yet" if obj.starts_at and obj.starts_at > now else "in force"


class StaticListForm(_OfOneSite):
    """A list of items of the site's catalogue, each once."""

    class Meta:
        model = StaticList
        fields = ["site", "name", "placement", "item_ids"]

    def clean_item_ids(self) -> list[str]:
        """Refuse anything but ids, each once."""
        ids = self.cleaned_data["item_ids"]
        if not isinstance(ids, list) or not all(isinstance(each, str) and each for each in ids):
            raise forms.ValidationError('Write a list of item ids, e.g. ["sku-1", "sku-7"].')
        if len(ids) > MOST_LISTED:
            raise forms.ValidationError(f"At most {MOST_LISTED} items; these are {len(ids)}.")
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            raise forms.ValidationError(f"Each item once; twice there: {', '.join(twice[:5])}.")
        return ids

    def clean(self) -> dict[str, Any]:
        """Refuse items that the catalogue does not have, and a second list for one place."""
        data = super().clean()
        site, ids = self.site_of(data), data.get("item_ids")
        if site is None:
            return data
        if ids:
            rows = Item.objects.filter(site=site, item_id__in=ids)
            missing = sorted(set(ids) - set(rows.values_list("item_id", flat=True)))
            if missing:
                told = ", ".join(missing[:5])
                self.add_error("item_ids", f"The catalogue of {site.name} has no {told}.")
        place = data.get("placement")
        others = StaticList.objects.filter(site=site, placement=place).exclude(pk=self.instance.pk)
        if others.exists():
            self.add_error("placement", f"There is a list already: {others[0].name}.")
        return data


@admin.register(StaticList)
class StaticListAdmin(Recorded, StaffAdmin):
    """Lists in the shop's own order, for when no recommender can answer."""

    form = StaticListForm
    fixed_fields = ("site",)
    list_display = ["name", "site", "placement", "length"]
    list_filter = ["site"]
    list_select_related = ["site", "placement"]
    search_fields = ["name"]

    @display(description="Items")
    def length(self, obj: StaticList) -> int:
        """Return how many items are on it."""
        return len(obj.item_ids)
