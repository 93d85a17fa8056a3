"""Step 2: what each variant shows, with the list that it would show now."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.text import slugify

from experiments.desks import VARIANT_DESKS, Setting, desk_of
from experiments.errors import ArmatureError, InvalidInput
from experiments.models import Experiment, Site, Variant
from experiments.registries import PARAMETER_CHOICES
from experiments.services import VariantDraft
from experiments.web.fields import ObjectField, add_error, starting_rows, text
from experiments.web.setup.lists import columns_of
from experiments.web.setup.page import Parts, StepPage
from experiments.web.setup.shoppers import shopper_of, shoppers_of

MOST_VARIANTS = 10
LAST_MARK = 4
OWN = ("recommender", "artifact")  # what has a field of its own among the parameters


class VariantForm(forms.Form):
    """One variant: its recommender, the settings of that, what of it answers, and the rest."""

    name = text(longest=200)
    key = forms.SlugField(
        max_length=80, required=False, help_text="Left empty it is made from the name."
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    artifact = forms.ChoiceField(required=False, label="What answers")
    other = ObjectField(
        label="Further parameters, as JSON",
        help_text="What the storefront reads itself. Leave it empty for a list alone.",
    )

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        for choice in PARAMETER_CHOICES:
            self.fields[choice.name] = forms.ChoiceField(
                label=choice.label,
                required=False,
                choices=[("", "the placement’s default"), *choice.options(site)],
                help_text="Another one’s settings and list are shown once it is saved.",
            )
        self.recommender = self._recommender()
        self._add_settings()

    def _recommender(self) -> str:
        """Return the recommender whose settings the page shows."""
        posted = self.data.get(self.add_prefix("shown")) if self.is_bound else None
        return str(posted if posted is not None else self.initial.get("shown", ""))

    def _add_settings(self) -> None:
        desk = desk_of(VARIANT_DESKS)
        known = desk.settings(self.site, self.recommender) if desk and self.recommender else []
        self.settings = {setting.name: setting for setting in known}
        for setting in known:
            self.fields[f"set_{setting.name}"] = setting_field(setting)
        artifact: Any = self.fields["artifact"]
        options = desk.artifacts(self.site, self.recommender) if desk and self.recommender else []
        artifact.choices = options or [("", "the newest when it starts")]

    @property
    def mark(self) -> int:
        """Return the number of the mark that tells the variant on every page: ring, triangle, …"""
        place = str(self.prefix).rpartition("-")[2]
        return min(int(place), LAST_MARK) if place.isdecimal() else LAST_MARK

    @property
    def setting_fields(self) -> list[forms.BoundField]:
        """Return the fields of the settings, for the template."""
        return [self[f"set_{name}"] for name in self.settings]

    @property
    def choices_shown(self) -> list[forms.BoundField]:
        """Return the fields that other rooms offer as a choice, for the template."""
        return [self[choice.name] for choice in PARAMETER_CHOICES]

    def clean(self) -> dict[str, Any]:
        """Make the key from the name where none is given."""
        data = super().clean() or {}
        if not data.get("key") and "key" not in self.errors and data.get("name"):
            data["key"] = slugify(data["name"])[:80] or "variant"
        return data

    def parameters(self) -> dict[str, Any]:
        """Return what the variant shows; raises ArmatureError on a setting that is not taken."""
        data = self.cleaned_data
        chosen = {c.name: data[c.name] for c in PARAMETER_CHOICES if data.get(c.name)}
        result = {**data["other"], **chosen}
        if chosen.get("recommender", "") != self.recommender:
            return result  # the settings and the artifact shown are those of another one
        if data.get("artifact") and chosen:
            result["artifact"] = data["artifact"]
        desk = desk_of(VARIANT_DESKS)
        return desk.settle(self.site, result, self._changed_settings()) if desk else result

    def _changed_settings(self) -> dict[str, Any]:
        given = {name: self.cleaned_data.get(f"set_{name}") for name in self.settings}
        return {
            name: type(self.settings[name].default)(value)
            for name, value in given.items()
            if value not in (None, "") and value != self.settings[name].default
        }


def setting_field(setting: Setting) -> forms.Field:
    """Return a field of the setting's own type, empty for what the recommender has itself."""
    label = setting.name.replace("_", " ").capitalize()
    common: dict[str, Any] = {"required": False, "label": label, "initial": setting.default}
    if isinstance(setting.default, bool):
        return forms.BooleanField(**common)
    if isinstance(setting.default, int):
        return forms.IntegerField(min_value=0, max_value=10**6 - 1, **common)
    if isinstance(setting.default, float):
        return forms.FloatField(min_value=0, max_value=1e9, **common)
    return forms.CharField(max_length=200, **common)


class VariantFormSet(forms.BaseFormSet):
    """All variants: keys that differ, one of them marked as the control."""

    def clean(self) -> None:
        """Refuse what cannot be stored; what is merely missing is left to the checks."""
        seen: set[str] = set()
        for form in self.kept() if not any(self.errors) else []:
            key = form.cleaned_data["key"]
            if key in seen:
                form.add_error("key", f"Another variant has the key {key!r}.")
            seen.add(key)

    def kept(self) -> list[Any]:
        """Return the forms of variants that stay, in their order."""
        return [
            form
            for form in self.forms
            if (form.has_changed() or not form.empty_permitted)
            and not self._should_delete_form(form)  # type: ignore[attr-defined]
        ]

    @property
    def control(self) -> str:
        """Return the index of the form that is marked as the control."""
        if self.is_bound:
            return str(self.data.get("control", ""))
        marked = [n for n, form in enumerate(self.forms) if form.initial.get("is_control")]
        return str(marked[0]) if marked else ""

    def drafts(self, weights: Mapping[str, int]) -> list[VariantDraft]:
        """Return the variants as they are to be stored; `weights` by key of those that were."""
        return [
            VariantDraft(
                key=form.cleaned_data["key"],
                name=form.cleaned_data["name"],
                weight=weights.get(form.cleaned_data["key"], 1),
                is_control=str(self.forms.index(form)) == self.control,
                parameters=_settled(form),
            )
            for form in self.kept()
        ]


def _settled(form: VariantForm) -> dict[str, Any]:
    try:
        return form.parameters()
    except ArmatureError as error:
        name = f"set_{(error.field or '').rpartition('.')[2]}"
        add_error(form, name, f"{error}. {error.hint or ''}".strip())
        raise InvalidInput(f"{form.cleaned_data['name']}: {error}", hint=error.hint) from error


def row_of(variant: Variant) -> dict[str, Any]:
    """Return a variant as its form shows it."""
    recommender = str(variant.parameters.get("recommender", ""))
    chosen = {c.name: variant.parameters.get(c.name, "") for c in PARAMETER_CHOICES}
    named = {*OWN, *chosen}
    return {
        **chosen,
        "name": variant.name,
        "key": variant.key,
        "is_control": variant.is_control,
        "shown": recommender,
        "artifact": variant.parameters.get("artifact", ""),
        "other": {k: v for k, v in variant.parameters.items() if k not in named},
    }


def draft_of(variant: Variant) -> VariantDraft:
    """Return a stored variant as it would be stored again."""
    return VariantDraft(
        key=variant.key,
        name=variant.name,
        weight=variant.weight,
        is_control=variant.is_control,
        parameters=variant.parameters,
    )


class VariantsPage(StepPage):
    """What each variant shows."""

    slug = "variants"
    title = "Variants"
    lead = "What each variant shows. A variant is a recommender, its settings and what answers."

    def parts(self, request: HttpRequest, experiment: Experiment, data: Any = None) -> Parts:
        """Return the variants as forms, with an empty one where one is to be added."""
        rows = [row_of(variant) for variant in experiment.variants.all()]
        extra = 1 if "more" in request.GET or not rows else 0
        factory = forms.formset_factory(
            VariantForm,
            formset=VariantFormSet,
            extra=extra,
            can_delete=True,
            max_num=MOST_VARIANTS,
            validate_max=True,
        )
        kwargs = {"site": experiment.site}
        initial = starting_rows(rows, data)
        return {"variants": factory(data, initial=initial, prefix="variants", form_kwargs=kwargs)}

    def changes(self, experiment: Experiment, parts: Parts) -> dict[str, Any]:
        """Return the variants with the weights that they had."""
        weights = {variant.key: variant.weight for variant in experiment.variants.all()}
        return {"variants": parts["variants"].drafts(weights)}

    def context(self, request: HttpRequest, experiment: Experiment) -> dict[str, Any]:
        """Return the live lists for the shopper that was chosen."""
        shopper = shopper_of(experiment.site, request.GET.get("shopper", ""))
        return {
            "shopper": shopper,
            "shoppers": shoppers_of(experiment.site),
            "columns": columns_of(experiment, shopper),
        }
