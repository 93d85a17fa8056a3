"""Step 5: what decides, what explains, and what must not get worse."""

from typing import Any

from django import forms
from django.http import HttpRequest

from experiments import services
from experiments.desks import METRIC_DESKS, MetricOption, MetricUse, desk_of
from experiments.models import Experiment
from experiments.web.fields import percent, percent_text
from experiments.web.setup.page import Edit, Parts, StepPage

ROLES = (
    ("", "not used"),
    ("primary", "primary: decides"),
    ("secondary", "secondary: explains"),
    ("guardrail", "guardrail: must not worsen"),
)


class MetricsForm(forms.Form):
    """A role for every metric of the site, and the margin of the guardrails."""

    def __init__(self, *args: Any, options: list[MetricOption], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = options
        for option in options:
            self._add(option)

    def _add(self, option: MetricOption) -> None:
        """Add a metric's two fields, named for readers who do not see the table's headings."""
        role, margin = f"Role of {option.name}", f"Margin of {option.name}, %"
        self.fields[f"role_{option.key}"] = forms.ChoiceField(
            choices=ROLES,
            required=False,
            label=role,
            widget=forms.Select(attrs={"aria-label": role}),
        )
        self.fields[f"margin_{option.key}"] = percent(
            high=99,
            required=False,
            label=margin,
            widget=forms.NumberInput(attrs={"aria-label": margin}),
        )

    @property
    def rows(self) -> list[tuple[MetricOption, forms.BoundField, forms.BoundField]]:
        """Return each metric with its two fields, for the template."""
        return [
            (option, self[f"role_{option.key}"], self[f"margin_{option.key}"])
            for option in self.options
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse two metrics that decide; none yet is left to the checks."""
        data = super().clean() or {}
        deciding = [o for o in self.options if data.get(f"role_{o.key}") == "primary"]
        for option in deciding[1:]:
            self.add_error(
                f"role_{option.key}", f"{deciding[0].name} decides already: only one metric can."
            )
        return data

    def uses(self) -> list[MetricUse]:
        """Return the metrics that are used, primary first, as they stand on the page."""
        found = [use for option in self.options if (use := self._use(option.key))]
        order = [role for role, _label in ROLES]
        return sorted(found, key=lambda use: order.index(use.role))

    def _use(self, key: str) -> MetricUse | None:
        role, margin = self.cleaned_data[f"role_{key}"], self.cleaned_data[f"margin_{key}"]
        is_bounded = role == "guardrail" and margin is not None
        return MetricUse(key, role, float(margin) / 100 if is_bounded else None) if role else None


def initial_of(uses: list[MetricUse]) -> dict[str, Any]:
    """Return the metrics as their form shows them."""
    initial: dict[str, Any] = {}
    for use in uses:
        initial[f"role_{use.key}"] = use.role
        if use.margin is not None:
            initial[f"margin_{use.key}"] = percent_text(use.margin)
    return initial


class MetricsPage(StepPage):
    """What is measured."""

    slug = "metrics"
    title = "Metrics"
    lead = "One metric decides. Others explain, and guardrails must not get worse than you accept."

    def parts(self, request: HttpRequest, experiment: Experiment, data: Any = None) -> Parts:
        """Return the form with the site's metrics."""
        desk = desk_of(METRIC_DESKS)
        options = desk.options(experiment.site) if desk else []
        uses = desk.chosen(experiment) if desk else []
        return {"form": MetricsForm(data, options=options, initial=initial_of(uses))}

    def save(self, edit: Edit, parts: Parts) -> None:
        """Replace the metrics where they are others, or were only the site's defaults."""
        services.choose_metrics(
            experiment_id=edit.experiment.pk, uses=parts["form"].uses(), actor=edit.actor
        )
