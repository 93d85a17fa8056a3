"""Sites, layers and placements: what everything else rests on, so most of it is written once."""

import re
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from experiments import services
from experiments.access import can, sites_of
from experiments.admin.base import StaffAdmin, text_of
from experiments.admin.parameters import (
    choice_fields,
    choices_of,
    document_fields,
    with_choices,
    with_documents,
    wrong_choices,
    wrong_documents,
)
from experiments.admin.recorded import Recorded
from experiments.errors import InvalidInput
from experiments.models import Event, Experiment, Layer, Placement, Site
from experiments.registries import PARAMETER_CHOICES, PARAMETER_DOCUMENTS
from experiments.retention.keeping import FEWEST_DAYS
from experiments.roles import Action
from experiments.subjects.switching import ids_are_fixed
from experiments.traffic.addresses import checked_networks


class SiteForm(forms.ModelForm):
    """A site, with currency, time zone and origins checked."""

    class Meta:
        model = Site
        fields = [
            "slug",
            "name",
            "currency",
            "timezone",
            "allowed_origins",
            "exposure_mode",
            "count_unverified",
            "is_simulated",
            "requires_approval",
            "hash_ids",
            "outlier_events",
            "internal_networks",
            "retention_days",
        ]
        help_texts = {
            "retention_days": "Events and lists of older days are written to Parquet files and "
            "dropped from the database; reports of ended experiments stay as they are, running "
            "ones keep what they need. Recommenders learn from what is left. Empty: all stays.",
        }

    def clean_timezone(self) -> str:
        """Refuse a zone that does not exist."""
        name = str(self.cleaned_data["timezone"])
        if name not in available_timezones():
            raise forms.ValidationError(f"{name} is no time zone; write one like Europe/Berlin.")
        return name

    def clean_currency(self) -> str:
        """Take the code in either case."""
        code = str(self.cleaned_data["currency"]).upper()
        if not re.fullmatch("[A-Z]{3}", code):
            raise forms.ValidationError("Write the three letters of a currency, e.g. EUR.")
        return code

    def clean_allowed_origins(self) -> list[str]:
        """Refuse anything but a list of origins, which have a scheme and no path."""
        origins = self.cleaned_data["allowed_origins"] or []
        is_list = isinstance(origins, list) and all(isinstance(each, str) for each in origins)
        if not is_list or not all(re.fullmatch(r"https?://[^/\s]+", each) for each in origins):
            raise forms.ValidationError('Write a list like ["https://shop.example"].')
        return list(origins)

    def clean_retention_days(self) -> int | None:
        """Refuse to drop days whose events may still come."""
        days: int | None = self.cleaned_data["retention_days"]
        if days is not None and days < FEWEST_DAYS:
            raise forms.ValidationError(
                f"Keep at least {FEWEST_DAYS} days: events are taken up to a week late."
            )
        return days

    def clean_internal_networks(self) -> list[str]:
        """Refuse anything but a list of networks."""
        try:
            return checked_networks(self.cleaned_data["internal_networks"] or [])
        except InvalidInput as problem:
            raise forms.ValidationError(text_of(problem)) from problem


@admin.register(Site)
class SiteAdmin(Recorded, StaffAdmin):
    """Storefronts; a new one gets its layers, placements, metrics and recommenders."""

    form = SiteForm
    list_display = ["name", "slug", "currency", "timezone", "is_simulated"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "slug"]}),
        (
            "Fixed from the first event on",
            {"fields": ["currency", "timezone", "is_simulated"]},
        ),
        ("Traffic", {"fields": ["allowed_origins", "exposure_mode", "count_unverified"]}),
        ("No shoppers", {"fields": ["outlier_events", "internal_networks"]}),
        ("How long rows stay", {"fields": ["retention_days"]}),
        ("Ids: fixed from the first visit on", {"fields": ["hash_ids"]}),
        ("People", {"fields": ["requires_approval"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave new sites to those who manage every site."""
        return can(request.user, Action.MANAGE, None)

    def has_delete_permission(self, request: HttpRequest, obj: Site | None = None) -> bool:
        """Leave the end of a site, with all it has, to those who manage every site."""
        return can(request.user, Action.MANAGE, None)

    def get_readonly_fields(self, request: HttpRequest, obj: Site | None = None) -> Any:
        """Fix what amounts and days were counted in once there are some."""
        if obj is None:
            return []
        counted = Event.objects.filter(site=obj).exists() or obj.item_set.exists()
        fixed = ["currency", "timezone", "is_simulated"] if counted else []
        return ["slug", *fixed, *(["hash_ids"] if ids_are_fixed(obj) else [])]

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        """Save the site, and equip it when it is new."""
        super().save_model(request, obj, form, change)
        if not change:
            services.equip_site(site=obj)


@admin.register(Layer)
class LayerAdmin(Recorded, StaffAdmin):
    """Layers; the seed is given once."""

    fixed_fields = ("site", "key")
    list_display = ["name", "key", "site"]
    list_filter = ["site"]
    list_select_related = ["site"]
    search_fields = ["name", "key"]
    fields = ["site", "name", "key", "seed"]
    readonly_fields = ["seed"]
    prepopulated_fields = {"key": ["name"]}

    def has_delete_permission(self, request: HttpRequest, obj: Layer | None = None) -> bool:
        """Keep the layers of a holdout: one without layers would hold out of the whole site."""
        if obj is not None and obj.holdouts.exists():
            return False
        return super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Layer, form: Any, change: bool) -> None:
        """Give a new layer its seed."""
        obj.seed = obj.seed or services.new_seed(f"{obj.site.slug}-{obj.key}")
        super().save_model(request, obj, form, change)


class LayerChoice(forms.ModelChoiceField):
    """A layer, named with its site."""

    def label_from_instance(self, obj: Layer) -> str:
        """Return the site and the layer."""
        return f"{obj.site.name} · {obj.name}"


class PlacementForm(forms.ModelForm):
    """A placement; layer and recommender are its site's."""

    class Meta:
        model = Placement
        fields = ["site", "name", "key", "layer"]
        field_classes = {"layer": LayerChoice}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for choice in PARAMETER_CHOICES:
            self.initial.setdefault(choice.name, self.instance.parameters.get(choice.name, ""))
        for each in PARAMETER_DOCUMENTS:
            self.initial.setdefault(each.name, self.instance.parameters.get(each.name))

    def clean(self) -> dict[str, Any]:
        """Refuse a layer or a recommender of another site."""
        data = super().clean() or {}
        site = data.get("site") or (self.instance.site if self.instance.pk else None)
        layer = data.get("layer")
        if site is None:
            return data
        if layer is not None and layer.site_id != site.pk:
            self.add_error("layer", f"This layer belongs to {layer.site.name}, not {site.name}.")
        problems = wrong_choices(site, choices_of(data)) | wrong_documents(data)
        for name, problem in problems.items():
            self.add_error(name, problem)
        chosen = with_choices(self.instance.parameters, choices_of(data))
        self.instance.parameters = with_documents(chosen, data)
        return data


@admin.register(Placement)
class PlacementAdmin(Recorded, StaffAdmin):
    """Placements, and what serves units outside every experiment."""

    form = PlacementForm
    fixed_fields = ("site", "key")
    list_display = ["name", "key", "site", "layer", "served_by"]
    list_filter = ["site"]
    list_select_related = ["site", "layer"]
    search_fields = ["name", "key"]
    prepopulated_fields = {"key": ["name"]}

    def get_readonly_fields(self, request: HttpRequest, obj: Placement | None = None) -> Any:
        """Fix the layer with the first experiment: its buckets are the layer's."""
        found = super().get_readonly_fields(request, obj)
        is_used = obj is not None and Experiment.objects.filter(placement=obj).exists()
        shown = [] if self.has_change_permission(request, obj) or obj is None else ["served_by"]
        return [*found, *(["layer"] if is_used else []), *shown]

    def get_fields(self, request: HttpRequest, obj: Placement | None = None) -> Any:
        """Return the placement's own fields and the choices of other rooms."""
        base = ["site", "name", "key", "layer"]
        if obj is not None and not self.has_change_permission(request, obj):
            return [*base, "served_by"]
        choices = [each.name for each in PARAMETER_CHOICES]
        return [*base, *choices, *(each.name for each in PARAMETER_DOCUMENTS)]

    def get_form(
        self,
        request: HttpRequest,
        obj: Placement | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Offer the choices of the placement's site."""
        sites = [obj.site] if obj else sites_of(request.user, self.action)
        chosen = choice_fields(sites, empty="popularity, the last resort") | document_fields()
        kwargs["form"] = type("SitePlacementForm", (self.form,), chosen)
        form = super().get_form(request, obj, change, **kwargs)
        layer = form.base_fields.get("layer")
        if layer is not None:
            layers = layer.queryset.select_related("site")
            layer.queryset = layers.filter(site=obj.site_id) if obj else layers
        return form

    @display(description="Serves everybody else")
    def served_by(self, obj: Placement) -> str:
        """Return the recommender of units outside every experiment."""
        return str(obj.parameters.get("recommender", "–"))
