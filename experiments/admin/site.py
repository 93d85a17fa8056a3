"""Sites, keys, layers and placements."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from experiments import services
from experiments.keys import SCOPES, create_api_key, revoke_api_key
from experiments.models import ApiKey, Layer, Placement, Site


class SiteForm(forms.ModelForm):
    """A site, with time zone and origins checked."""

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
        ]

    def clean_timezone(self) -> str:
        """Refuse a zone that does not exist."""
        name = str(self.cleaned_data["timezone"])
        if name not in available_timezones():
            raise forms.ValidationError(f"{name} is no time zone; write one like Europe/Berlin.")
        return name

    def clean_currency(self) -> str:
        """Take the code in either case."""
        return str(self.cleaned_data["currency"]).upper()

    def clean_allowed_origins(self) -> list[str]:
        """Refuse anything but a list of origins, which have a scheme and no path."""
        origins = self.cleaned_data["allowed_origins"] or []
        is_list = isinstance(origins, list) and all(isinstance(each, str) for each in origins)
        if not is_list or any("://" not in each or each.count("/") != 2 for each in origins):
            raise forms.ValidationError('Write a list like ["https://shop.example"].')
        return list(origins)


@admin.register(Site)
class SiteAdmin(ModelAdmin):
    """Storefronts; a new one gets its layers, placements, metrics and recommenders."""

    form = SiteForm
    list_display = ["name", "slug", "currency", "timezone", "is_simulated"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        """Save the site, and equip it when it is new."""
        super().save_model(request, obj, form, change)
        if not change:
            services.equip_site(site=obj)


class ApiKeyForm(forms.ModelForm):
    """A new key: its site, name, kind and scopes."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in sorted(SCOPES)],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Of a secret key; a publishable key may recommend, assign and send events.",
        initial=sorted(SCOPES - {"simulate"}),
    )

    class Meta:
        model = ApiKey
        fields = ["site", "name", "kind", "scopes"]


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    """Keys; the secret is shown once, right after it was made."""

    form = ApiKeyForm
    list_display = ["name", "site", "kind", "prefix", "created_at", "revoked_at"]
    list_filter = ["site", "kind"]
    actions = ["revoke"]

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Keys are replaced, never edited; the list stays open for revoking."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Keys are revoked, never deleted: their traces must stay explicable."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Make the key and show its secret this one time."""
        made, secret = create_api_key(
            site=obj.site, name=obj.name, kind=obj.kind, scopes=form.cleaned_data["scopes"]
        )
        obj.pk, obj.prefix, obj.digest = made.pk, made.prefix, made.digest
        text = f"Copy this key now, it is not shown again: {secret}"
        self.message_user(request, text, messages.WARNING)

    @admin.action(description="Revoke the selected keys")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """Revoke keys; refused everywhere within seconds."""
        for key in queryset:
            revoke_api_key(key=key)
        self.message_user(request, f"{queryset.count()} keys revoked.")


@admin.register(Layer)
class LayerAdmin(ModelAdmin):
    """Layers; the seed is given once."""

    list_display = ["name", "key", "site"]
    list_filter = ["site"]
    fields = ["site", "key", "name", "seed"]
    readonly_fields = ["seed"]

    def save_model(self, request: HttpRequest, obj: Layer, form: Any, change: bool) -> None:
        """Give a new layer its seed."""
        obj.seed = obj.seed or services.new_seed(f"{obj.site.slug}-{obj.key}")
        super().save_model(request, obj, form, change)


@admin.register(Placement)
class PlacementAdmin(ModelAdmin):
    """Placements, and what serves units outside every experiment."""

    list_display = ["name", "key", "site", "layer"]
    list_filter = ["site"]
    search_fields = ["name", "key"]
