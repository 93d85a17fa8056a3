"""Step 3: how many units may enter, how they are split, and how fast they are let in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest

from experiments.admin.layers import PER_CENT, held, layer_bar, variant_bar, why_no_room
from experiments.assignment.hashing import BUCKETS
from experiments.lifecycle import HOLDS_BUCKETS
from experiments.models import Allocation, Experiment, Holdout, Variant
from experiments.services import RampDraft, VariantDraft
from experiments.web.fields import percent, percent_text, text, whole
from experiments.web.setup.page import Parts, StepPage
from experiments.web.setup.variants import draft_of

AT_ONCE, OWN = "", "own"
PRESETS = ("1, 5, 25, 100", "5, 25, 100", "10, 50, 100")
MOST_STEPS = 20
MOST_HOURS = 24 * 365


class TrafficForm(forms.Form):
    """The share of the layer, the weights, and the steps by which units are let in."""

    share = percent(
        label="Share of units, %",
        help_text="How many of the layer’s units may enter. The rest see what they see today.",
    )
    ramp = forms.ChoiceField(
        required=False,
        label="Let them in",
        choices=[
            (AT_ONCE, "all at once"),
            *((steps, " → ".join(steps.split(", ")) + " %") for steps in PRESETS),
            (OWN, "in steps of my own"),
        ],
    )
    steps = text(
        longest=200,
        required=False,
        label="Own steps, %",
        help_text="Rising shares of the experiment’s units, such as 2, 10, 50, 100.",
    )
    hours = text(
        longest=200,
        required=False,
        initial="24",
        label="Hours between steps",
        help_text="One number for all, or one for each step after the first: 24, 48, 72.",
    )
    needs_guardrails = forms.BooleanField(
        required=False,
        initial=True,
        label="Wait while a guardrail is harmed or the split is broken",
    )

    def __init__(self, *args: Any, experiment: Experiment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.experiment = experiment
        self.variants = list(experiment.variants.all())
        for variant in self.variants:
            self.fields[f"weight_{variant.key}"] = whole(
                1, 10_000, initial=variant.weight, label=variant.name
            )

    @property
    def weight_fields(self) -> list[forms.BoundField]:
        """Return the weights' fields in the order of the variants."""
        return [self[f"weight_{variant.key}"] for variant in self.variants]

    def clean(self) -> dict[str, Any]:
        """Refuse a share that the layer cannot lend, and steps that do not rise."""
        data = super().clean() or {}
        if "share" in data:
            layer = self.experiment.layer
            if problem := why_no_room(layer, float(data["share"]), besides=self.experiment):
                self.add_error("share", problem)
        if not {"steps", "hours", "ramp"} & set(self.errors):
            data["drafts"] = self._drafts(data)
        return data

    def _drafts(self, data: dict[str, Any]) -> list[RampDraft]:
        plan = data.get("ramp") or AT_ONCE
        if plan == AT_ONCE:
            return []
        shares = self._numbers("steps", data["steps"] if plan == OWN else plan, 1, 100)
        hours = self._numbers("hours", data["hours"] or "24", 0, MOST_HOURS)
        if not shares or not hours:
            return []
        if shares != sorted(set(shares)):
            self.add_error("steps", "The steps must rise, each above the one before.")
        waits = hours * (len(shares) - 1) if len(hours) == 1 else hours
        if len(waits) != len(shares) - 1:
            self.add_error(
                "hours", f"Give one number, or {len(shares) - 1}: one for each step but the first."
            )
            return []
        gate = bool(data["needs_guardrails"])
        pairs = zip(shares, [0, *waits], strict=True)
        return [RampDraft(share, wait, gate) for share, wait in pairs]

    def _numbers(self, name: str, written: str, low: int, high: int) -> list[int]:
        words = [word.strip().rstrip("%").strip() for word in written.replace("→", ",").split(",")]
        digits = [word for word in words if word]
        numbers = [int(word) for word in digits if word.isdecimal() and len(word) <= 6]
        is_good = len(numbers) == len(digits) and all(low <= each <= high for each in numbers)
        if not numbers or not is_good or len(numbers) > MOST_STEPS:
            self.add_error(
                name,
                f"Write whole numbers from {low} to {high}, at most {MOST_STEPS}, with commas.",
            )
            return []
        return numbers


def initial_of(experiment: Experiment) -> dict[str, Any]:
    """Return the traffic as its form shows it."""
    mine = Allocation.objects.filter(experiment=experiment).first()
    steps = list(experiment.ramp_steps.all())
    initial: dict[str, Any] = {
        "share": percent_text((mine.stop - mine.start) / BUCKETS if mine else 1)
    }
    if not steps:
        return initial
    shares = ", ".join(str(step.percent) for step in steps)
    hours = [str(step.after_hours) for step in steps[1:]]
    return initial | {
        "ramp": shares if shares in PRESETS else OWN,
        "steps": "" if shares in PRESETS else shares,
        "hours": hours[0] if len(set(hours)) == 1 else ", ".join(hours) or "24",
        "needs_guardrails": all(step.needs_guardrails for step in steps),
    }


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another experiment of the site: whether units can be in both, and how many are."""

    name: str
    status: str
    text: str


def neighbours(experiment: Experiment) -> list[Neighbour]:
    """Return the experiments that hold buckets at the site, those that exclude this one first."""
    same = [
        Neighbour(
            row.experiment.name, row.experiment.status, "same layer: no unit is in both, ever"
        )
        for row in held(experiment.layer, besides=experiment)
    ]
    rows = (
        Allocation.objects.filter(
            experiment__site=experiment.site_id, experiment__status__in=HOLDS_BUCKETS
        )
        .exclude(layer=experiment.layer)
        .exclude(experiment=experiment)
        .select_related("experiment", "layer")
    )
    return [*same, *(_beside(row) for row in rows)]


def _beside(row: Allocation) -> Neighbour:
    share = (row.stop - row.start) / PER_CENT
    words = f"layer {row.layer.name}: {share:g} % of this one’s units are also in it, evenly"
    return Neighbour(row.experiment.name, row.experiment.status, words)


def holdout_texts(experiment: Experiment) -> list[str]:
    """Return the holdouts that keep units out of this experiment, in words."""
    rows = Holdout.objects.filter(site=experiment.site_id)
    found = rows.filter(Q(layers__isnull=True) | Q(layers=experiment.layer)).distinct()
    return [
        f"{each.name}: {each.buckets / PER_CENT:g} % of all units are kept out" for each in found
    ]


def reweighted(variants: Sequence[Variant], data: dict[str, Any]) -> list[VariantDraft]:
    """Return the variants' drafts with the weights of a valid form."""
    for variant in variants:
        variant.weight = data[f"weight_{variant.key}"]
    return [draft_of(variant) for variant in variants]


class TrafficPage(StepPage):
    """How many take part."""

    slug = "traffic"
    title = "Traffic"
    lead = "How many units take part, how they are split, and how fast they are let in."

    def parts(self, request: HttpRequest, experiment: Experiment, data: Any = None) -> Parts:
        """Return the form."""
        return {"form": TrafficForm(data, experiment=experiment, initial=initial_of(experiment))}

    def changes(self, experiment: Experiment, parts: Parts) -> dict[str, Any]:
        """Return the buckets, the variants with their weights, and the ramp."""
        data = parts["form"].cleaned_data
        return {
            "allocation": max(1, round(float(data["share"]) * PER_CENT)),
            "variants": reweighted(list(experiment.variants.all()), data),
            "ramp": data["drafts"],
        }

    def context(self, request: HttpRequest, experiment: Experiment) -> dict[str, Any]:
        """Return the bars, the holdouts and the other experiments."""
        return {
            "layer": experiment.layer,
            "layer_parts": layer_bar(experiment.layer, experiment),
            "variant_parts": variant_bar(list(experiment.variants.all())),
            "holdouts": holdout_texts(experiment),
            "neighbours": neighbours(experiment),
        }
