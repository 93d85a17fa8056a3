"""The variants of an experiment, as rows of its form."""

from typing import Any

from django import forms
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from experiments.access import sites_of
from experiments.admin.base import is_editable, name_fields
from experiments.admin.parameters import choice_fields, choices_of, with_choices, wrong_choices
from experiments.models import Experiment, StatusChange, Variant
from experiments.registries import PARAMETER_CHOICES
from experiments.roles import Action
from experiments.scoping import limit_choices, reaches

FIRST_ROWS = (
    {"name": "Control", "key": "control", "is_control": True, "weight": 1},
    {"name": "Treatment", "key": "treatment", "is_control": False, "weight": 1},
)
MOST_VARIANTS = 10


class VariantForm(forms.ModelForm):
    """A variant; its recommender is chosen from the site's."""

    weight = forms.IntegerField(
        min_value=1,
        max_value=10_000,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"min": 1, "max": 10_000}),
        help_text="Equal weights split equally; 1 and 3 split into a quarter and the rest.",
    )

    class Meta:
        model = Variant
        fields = ["name", "key", "is_control", "weight"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for choice in PARAMETER_CHOICES:
            self.initial.setdefault(choice.name, self.instance.parameters.get(choice.name, ""))
        name_fields(self)

    def _get_validation_exclusions(self) -> set[str]:
        # What must be unique is so within the submitted set, which the formset knows; the rows
        # in the database may be about to swap their keys or the control's mark.
        return {*super()._get_validation_exclusions(), "experiment"}  # type: ignore[misc]

    def save(self, commit: bool = True) -> Variant:
        """Write the choices into the variant's parameters."""
        chosen = choices_of(self.cleaned_data)
        self.instance.parameters = with_choices(self.instance.parameters, chosen)
        return super().save(commit)


class VariantFormSet(BaseInlineFormSet):
    """All variants of one experiment: two or more, one control, keys that differ."""

    def clean(self) -> None:
        """Refuse a set that could not be launched, with the reason."""
        super().clean()
        if not is_editable(self.instance):
            return  # shown, not edited
        kept = [form for form in self.forms if self._is_kept(form)]
        if any(form.errors for form in kept):
            return
        if len(kept) < 2:
            raise forms.ValidationError("An experiment needs a control and at least one treatment.")
        controls = sum(bool(form.cleaned_data.get("is_control")) for form in kept)
        if controls != 1:
            raise forms.ValidationError(f"Mark exactly one variant as the control, not {controls}.")
        self._refuse_repeated_keys(kept)
        self._refuse_foreign_choices(kept)

    def _is_kept(self, form: Any) -> bool:
        is_blank = form.empty_permitted and not form.has_changed()
        return not is_blank and not self._should_delete_form(form)  # type: ignore[attr-defined]

    def _refuse_repeated_keys(self, kept: list[Any]) -> None:
        seen: set[str] = set()
        for form in kept:
            key = form.cleaned_data["key"]
            if key in seen:
                form.add_error("key", f"Another variant has the key {key!r}.")
            seen.add(key)

    def _refuse_foreign_choices(self, kept: list[Any]) -> None:
        """Check the choices against the site of the placement that was chosen in the same form."""
        if self.instance.site_id is None:
            return
        for form in kept:
            chosen = choices_of(form.cleaned_data)
            for name, problem in wrong_choices(self.instance.site, chosen).items():
                form.add_error(name, problem)

    def save(self, commit: bool = True) -> Any:
        """Save the rows; keys and the mark are freed first, so that rows may swap them."""
        for form in self.initial_forms if commit else []:
            if form.has_changed():
                Variant.objects.filter(pk=form.instance.pk).update(
                    is_control=False, key=f"{form.instance.pk}~"
                )
        return super().save(commit)


class ExperimentInline(TabularInline):
    """Rows that belong to an experiment: whoever may change it may change them, until it starts."""

    hide_title = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show them to whoever sees the experiment."""
        return reaches(request.user, Action.VIEW, Experiment, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Frozen from the start on."""
        return is_editable(obj) and reaches(request.user, Action.EDIT, Experiment, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Frozen from the start on."""
        return is_editable(obj) and reaches(request.user, Action.EDIT, Experiment, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Frozen from the start on."""
        return is_editable(obj) and reaches(request.user, Action.EDIT, Experiment, obj)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Offer rows of the sites where the person may edit."""
        formset = super().get_formset(request, obj, **kwargs)
        limit_choices(formset.form, request.user, Action.EDIT)
        return formset


class VariantInline(ExperimentInline):
    """The variants, edited beside the experiment until it starts."""

    model = Variant
    form = VariantForm
    formset = VariantFormSet
    extra = 0
    min_num = 2
    max_num = MOST_VARIANTS
    verbose_name_plural = "4 · Variants: what each of them shows"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the variant's own fields and the choices of other rooms."""
        if self._is_frozen(request, obj):
            return ["name", "key", "shows", "weight", "role"]
        return ["name", "key", *(each.name for each in PARAMETER_CHOICES), "weight", "is_control"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the choices as text where nothing can be edited."""
        return ("shows", "role") if self._is_frozen(request, obj) else ()

    def _is_frozen(self, request: HttpRequest, obj: Any) -> bool:
        return obj is not None and not self.has_change_permission(request, obj)

    @display(description="Recommender")
    def shows(self, obj: Variant) -> str:
        """Return what the variant shows: the pinned artifact once it runs."""
        named = obj.parameters.get("artifact") or obj.parameters.get("recommender")
        return str(named or "the placement's default")

    @display(description="Role")
    def role(self, obj: Variant) -> str:
        """Return what the others are compared with, or that it is compared."""
        return "control" if obj.is_control else "treatment"

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Build the rows' form with the choices of the experiment's site."""
        sites = [obj.site] if obj and obj.site_id else sites_of(request.user, Action.EDIT)
        chosen = choice_fields(sites, empty="the placement's default")
        kwargs["form"] = type("SiteVariantForm", (self.form,), chosen)
        return super().get_formset(request, obj, **kwargs)


class StatusChangeInline(ExperimentInline):
    """What happened to the experiment, and who did it."""

    model = StatusChange
    extra = 0
    can_delete = False
    verbose_name_plural = "history"
    fields = readonly_fields = ["at", "from_status", "to_status", "actor", "reason"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Appended by the service alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Appended by the service alone."""
        return False
