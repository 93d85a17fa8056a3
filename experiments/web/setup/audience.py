"""Step 4: who may enter: a condition, whose id counts, prerequisites, and who is forced."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from experiments import services
from experiments.assignment.condition.normal import ConditionError, normalise
from experiments.clock import EPOCH, MICROSECOND
from experiments.matching import Matching, count_matching
from experiments.models import Experiment, Site, Variant
from experiments.selectors import newest_event_us
from experiments.services import OverrideDraft
from experiments.web.fields import ObjectField, starting_rows, text
from experiments.web.setup.page import Edit, Parts, StepPage

SPARE_ROWS = 2
MOST_ROWS = 50


class AudienceForm(forms.Form):
    """The condition, and whose id is hashed."""

    eligibility = ObjectField(
        label="The condition as JSON",
        help_text='Empty for everybody. {"country": {"$in": ["DE", "AT"]}, "new_visitor": true}',
        rows=6,
    )
    unit_type = forms.ChoiceField(
        choices=Experiment.UnitType.choices,
        label="A unit is one",
        help_text="What is randomised and analysed.",
    )
    fallback_unit_type = forms.ChoiceField(
        choices=[("", "nothing: the unit stays out"), *Experiment.UnitType.choices],
        required=False,
        label="Where its id is missing, take the",
        help_text="An account experiment may take visitors who are not signed in by their own id.",
    )
    is_sticky = forms.BooleanField(
        required=False,
        label="A visitor who signs in keeps the variant",
        help_text="The storefront carries it in the signed token; nothing is stored here.",
    )

    def clean_eligibility(self) -> dict[str, Any]:
        """Return the normal form, which all clients answer alike, or refuse it with the place."""
        try:
            return normalise(self.cleaned_data["eligibility"])
        except ConditionError as error:
            raise forms.ValidationError(error.problems[:5]) from None

    def clean(self) -> dict[str, Any]:
        """Refuse an id that stands in for itself."""
        data = super().clean() or {}
        if data.get("fallback_unit_type") and data["fallback_unit_type"] == data.get("unit_type"):
            self.add_error("fallback_unit_type", "Choose another id than the unit’s own.")
        return data


class PrerequisiteForm(forms.Form):
    """One variant of another experiment that a unit must be in."""

    variant = forms.TypedChoiceField(required=False, coerce=int, empty_value=None, label="Variant")

    def __init__(self, *args: Any, choices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["variant"]
        field.choices = choices


class OverrideForm(forms.Form):
    """A unit that always gets one variant; left out of the analysis."""

    unit_id = text(longest=256, required=False, label="Unit id")
    variant = forms.ChoiceField(required=False, label="always gets")
    note = text(longest=200, required=False, label="Note")

    def __init__(self, *args: Any, experiment: Experiment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["variant"]
        variants = experiment.variants.values_list("key", "name")
        field.choices = [("", "–"), *variants]

    def clean(self) -> dict[str, Any]:
        """Refuse half a row."""
        data = super().clean() or {}
        if not self.errors and bool(data.get("unit_id")) != bool(data.get("variant")):
            name = "variant" if data.get("unit_id") else "unit_id"
            self.add_error(name, "Give both the unit and its variant, or neither.")
        return data


class OverrideFormSet(forms.BaseFormSet):
    """All overrides of an experiment; a unit once."""

    def clean(self) -> None:
        """Refuse a unit that is named twice."""
        seen: set[str] = set()
        for form in self.forms:
            unit_id = form.cleaned_data.get("unit_id") if not form.errors else None
            if unit_id and unit_id in seen:
                form.add_error("unit_id", "This unit is named above already.")
            seen.add(unit_id or "")

    def drafts(self) -> list[OverrideDraft]:
        """Return the rows that name a unit."""
        rows = [form.cleaned_data for form in self.forms]
        return [
            OverrideDraft(row["unit_id"], row["variant"], row.get("note", ""))
            for row in rows
            if row.get("unit_id")
        ]


def others_of(experiment: Experiment) -> QuerySet[Experiment]:
    """Return the site's other experiments that units may be asked to be in."""
    rows = Experiment.objects.filter(site=experiment.site_id).exclude(pk=experiment.pk)
    return rows.exclude(status="archived")


def prerequisite_choices(experiment: Experiment) -> list[Any]:
    """Return the variants of the site's other experiments, grouped by experiment."""
    groups = [
        (other.name, [(variant.pk, variant.name) for variant in other.variants.all()])
        for other in others_of(experiment).prefetch_related("variants")
    ]
    return [("", "–"), *(group for group in groups if group[1])]


def required_variants(experiment: Experiment) -> list[int]:
    """Return the variants of other experiments that units must be in."""
    rows = experiment.prerequisites.values_list("variants__pk", flat=True)
    return sorted(pk for pk in rows if pk is not None)


def overrides_of(experiment: Experiment) -> list[OverrideDraft]:
    """Return the overrides as they would be set again."""
    rows = experiment.overrides.select_related("variant")
    return [OverrideDraft(row.unit_id, row.variant.key, row.note) for row in rows]


def initial_of(experiment: Experiment) -> dict[str, Any]:
    """Return the audience as its form shows it."""
    return {
        "eligibility": experiment.eligibility,
        "unit_type": experiment.unit_type,
        "fallback_unit_type": experiment.fallback_unit_type,
        "is_sticky": experiment.is_sticky,
    }


def matching_of(site: Site, condition: dict[str, Any], unit_type: str) -> Matching:
    """Return how many of the site's units of the last seven days meet the condition."""
    return count_matching(site=site, condition=condition, unit_type=unit_type, now=_now(site))


def _now(site: Site) -> datetime:
    """Return the moment before which units count: a simulated shop has a clock of its own."""
    newest = newest_event_us(site.pk) if site.is_simulated else None
    return timezone.now() if newest is None else EPOCH + newest * MICROSECOND


class AudiencePage(StepPage):
    """Who may enter."""

    slug = "audience"
    title = "Audience"
    lead = "Who may enter, and what counts as one unit. Without a condition everybody may."

    def parts(self, request: HttpRequest, experiment: Experiment, data: Any = None) -> Parts:
        """Return the condition's form and the rows of prerequisites and overrides."""
        return {
            "form": AudienceForm(data, initial=initial_of(experiment)),
            "prerequisites": self._prerequisites(experiment, data),
            "overrides": self._overrides(experiment, data),
        }

    @staticmethod
    def _prerequisites(experiment: Experiment, data: Any) -> Any:
        factory = forms.formset_factory(
            PrerequisiteForm, extra=SPARE_ROWS, max_num=MOST_ROWS, validate_max=True
        )
        rows = [{"variant": pk} for pk in required_variants(experiment)]
        kwargs = {"choices": prerequisite_choices(experiment)}
        initial = starting_rows(rows, data)
        return factory(data, initial=initial, prefix="prerequisites", form_kwargs=kwargs)

    @staticmethod
    def _overrides(experiment: Experiment, data: Any) -> Any:
        factory = forms.formset_factory(
            OverrideForm,
            formset=OverrideFormSet,
            extra=SPARE_ROWS,
            max_num=MOST_ROWS,
            validate_max=True,
        )
        rows = [
            {"unit_id": row.unit_id, "variant": row.variant, "note": row.note}
            for row in overrides_of(experiment)
        ]
        kwargs = {"experiment": experiment}
        initial = starting_rows(rows, data)
        return factory(data, initial=initial, prefix="overrides", form_kwargs=kwargs)

    def changes(self, experiment: Experiment, parts: Parts) -> dict[str, Any]:
        """Return the condition and the unit."""
        return dict(parts["form"].cleaned_data)

    def save(self, edit: Edit, parts: Parts) -> None:
        """Replace prerequisites and overrides, each only where they are others."""
        experiment = edit.experiment
        wanted = sorted(set(_chosen(parts["prerequisites"])))
        if wanted != required_variants(experiment):
            services.set_prerequisites(
                experiment_id=experiment.pk, variant_ids=wanted, actor=edit.actor
            )
        overrides = parts["overrides"].drafts()
        if overrides != overrides_of(experiment):
            services.set_overrides(
                experiment_id=experiment.pk, overrides=overrides, actor=edit.actor
            )

    def context(self, request: HttpRequest, experiment: Experiment) -> dict[str, Any]:
        """Return how many units of the last week the stored condition lets in."""
        found = matching_of(experiment.site, experiment.eligibility, experiment.unit_type)
        return {
            "matching": found,
            "has_others": others_of(experiment).exists(),
            "n_overrides": experiment.overrides.count(),
            "required": _names(experiment),
        }


def _chosen(formset: Iterable[Any]) -> list[int]:
    return [pk for form in formset if (pk := form.cleaned_data.get("variant")) is not None]


def _names(experiment: Experiment) -> list[str]:
    rows = Variant.objects.filter(pk__in=required_variants(experiment))
    return [f"{row.experiment.name} · {row.name}" for row in rows.select_related("experiment")]
