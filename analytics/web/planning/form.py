"""What a reader may ask a plan for; everything stands in the address."""

from collections.abc import Mapping
from typing import Any

from django import forms

from analytics.launch.asked import ALPHA, DAYS, LIFT, POWER, SHARE, Asked
from experiments.models import Experiment
from experiments.web.fields import percent_text

ON, OFF = "on", "off"
WITH_PAST = [(ON, "taken out"), (OFF, "left in")]
READINGS = [
    (Experiment.Monitoring.ALWAYS_VALID.value, "whenever one likes"),
    (Experiment.Monitoring.FIXED.value, "once, at the end"),
]


def _errors(low: float, high: float, what: str) -> dict[str, str]:
    told = f"Write {what} from {low:g} to {high:g}, or leave it empty."
    return {"min_value": told, "max_value": told, "invalid": told, "max_decimal_places": told}


def _days() -> forms.IntegerField:
    low, high = DAYS
    return forms.IntegerField(
        min_value=low,
        max_value=high,
        required=False,
        label="Days",
        error_messages=_errors(low, high, "a whole number"),
    )


def _percent(bounds: tuple[float, float], label: str) -> forms.DecimalField:
    low, high = (100 * each for each in bounds)
    return forms.DecimalField(
        min_value=low,
        max_value=high,
        decimal_places=2,
        required=False,
        label=label,
        error_messages=_errors(low, high, "a percentage with two decimals"),
    )


class PlanForm(forms.Form):
    """The choices of a plan; what is left empty is as the experiment is set up."""

    days = _days()
    lift = _percent(LIFT, "Lift to find, %")
    monitoring = forms.ChoiceField(choices=READINGS, required=False, label="How it is read")
    cuped = forms.ChoiceField(choices=WITH_PAST, required=False, label="Units’ own past (CUPED)")
    power = _percent(POWER, "Found how often, % (power)")
    alpha = _percent(ALPHA, "False alarms, % (alpha)")
    share = _percent(SHARE, "Share of the traffic, %")

    def __init__(self, asked: Asked, query: Mapping[str, str]) -> None:
        """Show what is set up, with what the address asks in its place."""
        own = initial_of(asked)
        given = {name: query[name] for name in own if name in query}
        super().__init__({**own, **given}, label_suffix="")

    def changes(self) -> dict[str, Any]:
        """Return what a valid form asks, by the names of `Asked`; None for what it leaves open."""
        data = self.cleaned_data
        names = ("lift", "power", "alpha", "share")
        found = {name: None if data[name] is None else float(data[name]) / 100 for name in names}
        return found | {
            "days": data["days"],
            "uses_cuped": data["cuped"] != OFF if data["cuped"] else None,
            "looks": data["monitoring"] or None,
        }


def initial_of(asked: Asked) -> dict[str, str]:
    """Return what was asked as the form and the address write it."""
    return {
        "days": str(asked.days),
        "lift": percent_text(asked.lift),
        "monitoring": asked.looks.value,
        "cuped": ON if asked.uses_cuped else OFF,
        "power": percent_text(asked.power),
        "alpha": percent_text(asked.alpha),
        "share": percent_text(asked.share),
    }
