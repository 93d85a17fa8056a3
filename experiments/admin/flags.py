"""Units that are no shoppers: flagged by the rule of outliers, or by a person."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from experiments.admin.base import StaffAdmin, actor_of
from experiments.models import FlaggedUnit
from experiments.models.traffic import Traffic
from experiments.subjects.hashing import stored_id
from experiments.traffic.flagging import flag_unit, forget_flag

KINDS = [("", "a shopper, whatever a rule says"), *Traffic.choices]


class FlaggedUnitForm(forms.ModelForm):
    """A unit by its id, and what it is."""

    traffic = forms.ChoiceField(
        choices=KINDS,
        required=False,
        initial=Traffic.INTERNAL,
        widget=UnfoldAdminSelectWidget,
        help_text="All but shoppers are left out of analyses, and counted there.",
    )

    class Meta:
        model = FlaggedUnit
        fields = ["site", "unit_type", "unit_id", "traffic", "detail"]

    def clean(self) -> dict[str, Any]:
        """Write the id as the site's rows hold it, and refuse a unit that is flagged already."""
        data = super().clean() or {}
        site, unit_id = data.get("site"), data.get("unit_id")
        if site is None or not unit_id:
            return data
        data["unit_id"] = stored_id(unit_id, site_id=site.pk, hash_ids=site.hash_ids)
        same = FlaggedUnit.objects.filter(
            site=site, unit_type=data.get("unit_type"), unit_id=data["unit_id"]
        )
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("unit_id", "This unit is flagged already; change that flag.")
        return data


@admin.register(FlaggedUnit)
class FlaggedUnitAdmin(StaffAdmin):
    """Flags; what a person does here goes on record without the unit's id."""

    form = FlaggedUnitForm
    fixed_fields = ("site", "unit_type", "unit_id")
    fields = ["site", "unit_type", "unit_id", "traffic", "detail"]
    list_display = ["unit_id", "unit_type", "site", "traffic", "detail", "at"]
    list_filter = ["site", "traffic", "unit_type"]
    list_select_related = ["site"]
    search_fields = ["unit_id"]
    show_full_result_count = False
    ordering = ["-id"]

    def save_model(self, request: HttpRequest, obj: FlaggedUnit, form: Any, change: bool) -> None:
        """Save the flag and put it on the unit's exposures."""
        flag_unit(obj, actor=actor_of(request))

    def delete_model(self, request: HttpRequest, obj: FlaggedUnit) -> None:
        """Delete the flag and take it off the unit's exposures."""
        forget_flag(obj, actor=actor_of(request))
