"""The form of an experiment: plain words in, a launchable draft out."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from experiments.admin.base import is_editable
from experiments.admin.fields import SafeJSONField
from experiments.admin.layers import PER_CENT, why_no_room
from experiments.assignment.condition_normal import ConditionError, normalise
from experiments.models import Experiment, Placement, Site

MOST_UNITS = 2_000_000_000


def _whole(low: int, high: int, **kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(
        min_value=low, max_value=high, widget=UnfoldAdminIntegerFieldWidget, **kwargs
    )


class PlacementChoice(forms.ModelChoiceField):
    """A placement, named with its site where there are several."""

    def label_from_instance(self, obj: Placement) -> str:
        """Return the site and the placement."""
        return f"{obj.site.name} · {obj.name}"


class ExperimentForm(forms.ModelForm):
    """An experiment; its site is its placement's, its share becomes buckets."""

    placement = PlacementChoice(
        Placement.objects.select_related("site", "layer"),
        widget=UnfoldAdminSelectWidget,
        help_text="The spot of the shop whose list the experiment decides.",
    )
    share = _whole(
        1,
        100,
        initial=100,
        label="Share of units, %",
        help_text="How many of the placement's units may enter. The rest see what they see today.",
    )
    eligibility = SafeJSONField(
        required=False,
        label="Only units with",
        help_text=(
            "Leave it empty for everybody, or write a condition on what the shop sends: "
            '{"country": "DE"} or {"country": {"$in": ["DE", "AT"]}, "new_visitor": true}.'
        ),
    )
    window_days = _whole(
        1,
        365,
        initial=14,
        label="Days counted per unit",
        help_text="Purchases and clicks count for this many days after a unit's first exposure.",
    )
    planned_days = _whole(
        1,
        365,
        initial=14,
        label="Planned run, days",
        help_text="Whole weeks are best: every weekday should count equally often.",
    )
    planned_units = _whole(
        1, MOST_UNITS, required=False, help_text="How many units you mean to wait for, if you know."
    )
    lift = forms.DecimalField(
        min_value=0.01,
        max_value=1000,
        decimal_places=2,
        required=False,
        label="Smallest lift worth detecting, %",
        help_text="5 means: a smaller change than 5 % would not change your decision.",
        widget=UnfoldAdminDecimalFieldWidget,
    )

    class Meta:
        model = Experiment
        fields = [
            "name",
            "key",
            "hypothesis",
            "placement",
            "unit_type",
            "eligibility",
            "window_days",
            "monitoring",
            "planned_days",
            "planned_units",
        ]
        widgets = {"hypothesis": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_editable(self.instance):
            # Shown as text: what is not posted must neither be asked for nor be emptied.
            self.fields.pop("share", None)
            self.fields.pop("lift", None)
        if self.instance.pk:
            self._fill_from(self.instance)
        elif "eligibility" in self.fields:
            self.initial["eligibility"] = None

    def _fill_from(self, experiment: Experiment) -> None:
        """Show fractions as per cent, an empty condition as nothing, one site's placements."""
        allocation = getattr(experiment, "allocation", None)
        if allocation:
            share = round((allocation.stop - allocation.start) / PER_CENT)
            self.initial["share"] = max(1, share)
        if experiment.mde is not None:
            self.initial["lift"] = round(100 * experiment.mde, 2)
        self.initial["eligibility"] = experiment.eligibility or None
        if "placement" in self.fields:
            choices: Any = self.fields["placement"]
            choices.queryset = choices.queryset.filter(site=experiment.site_id)

    def clean_eligibility(self) -> dict[str, Any]:
        """Return the condition in its normal form, which all clients answer alike, or refuse it."""
        try:
            return normalise(self.cleaned_data["eligibility"] or {})
        except ConditionError as error:
            raise forms.ValidationError(error.problems) from None

    def clean(self) -> dict[str, Any]:
        """Refuse a key that the site has already, and a share that the layer cannot lend."""
        data = super().clean() or {}
        if "lift" in self.fields and "lift" not in self.errors:
            lift = data.get("lift")
            self.instance.mde = None if lift is None else float(lift) / 100
        placement = data.get("placement")
        if placement is not None:
            self.instance.site = placement.site
            self._refuse_repeated_key(placement.site)
            self._refuse_share_without_room(placement)
        return data

    def _refuse_repeated_key(self, site: Site) -> None:
        others = Experiment.objects.filter(site=site, key=self.cleaned_data.get("key"))
        if others.exclude(pk=self.instance.pk).exists():
            self.add_error("key", "This site has an experiment with this key; choose another.")

    def _refuse_share_without_room(self, placement: Placement) -> None:
        share = self.cleaned_data.get("share")
        if share is None or not is_editable(self.instance):
            return
        if problem := why_no_room(placement.layer, share, besides=self.instance):
            self.add_error("share", problem)
