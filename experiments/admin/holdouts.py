"""Holdouts: units that stay out of every experiment, or of those of some layers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from experiments import services
from experiments.admin.base import StaffAdmin
from experiments.admin.layers import PER_CENT
from experiments.admin.recorded import Recorded
from experiments.models import Holdout


class HoldoutForm(forms.ModelForm):
    """A holdout; its layers are its site's."""

    class Meta:
        model = Holdout
        fields = ["site", "name", "key", "buckets", "layers"]

    def clean(self) -> dict[str, Any]:
        """Refuse layers of another site."""
        data = super().clean() or {}
        site = data.get("site") or (self.instance.site if self.instance.pk else None)
        foreign = [each for each in data.get("layers") or () if site and each.site_id != site.pk]
        if foreign:
            names = ", ".join(str(each) for each in foreign)
            self.add_error("layers", f"Of another site than {site}: {names}.")
        return data


@admin.register(Holdout)
class HoldoutAdmin(Recorded, StaffAdmin):
    """Holdouts; who is in one follows from the seed, which is given once, and from its size."""

    form = HoldoutForm
    fixed_fields = ("site", "key", "layers")
    fields = ["site", "name", "key", "buckets", "layers", "seed"]
    list_display = ["name", "key", "site", "share"]
    list_filter = ["site"]
    list_select_related = ["site"]
    search_fields = ["name", "key"]
    readonly_fields = ["seed"]
    prepopulated_fields = {"key": ["name"]}

    def save_model(self, request: HttpRequest, obj: Holdout, form: Any, change: bool) -> None:
        """Give a new holdout its seed."""
        obj.seed = obj.seed or services.new_seed(f"{obj.site.slug}-{obj.key}")
        super().save_model(request, obj, form, change)

    @display(description="Stays out", ordering="buckets")
    def share(self, obj: Holdout) -> str:
        """Return the share of the units that stays out."""
        return f"{obj.buckets / PER_CENT:g} %"
