"""The product manager's screen: an experiment with its variants, its traffic and its life."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action

from experiments import services
from experiments.admin.base import actor_of, say
from experiments.assignment.conditions import validate_condition
from experiments.errors import ArmatureError
from experiments.lifecycle import actions as possible_actions
from experiments.models import Experiment, Placement, StatusChange, Variant
from experiments.registries import PARAMETER_CHOICES

EDITABLE = ("draft", "review", "scheduled")


class VariantForm(forms.ModelForm):
    """A variant; what other rooms know to choose from is offered as a choice."""

    class Meta:
        model = Variant
        fields = ["name", "key", "is_control", "weight"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for choice in PARAMETER_CHOICES:
            options = [("", "the placement's default"), *choice.options()]
            self.fields[choice.name] = forms.ChoiceField(
                choices=options,
                label=choice.label,
                required=False,
                initial=self.instance.parameters.get(choice.name, ""),
                widget=forms.Select(attrs={"class": "armature-select"}),
            )

    def save(self, commit: bool = True) -> Variant:
        """Write the choices into the variant's parameters."""
        parameters = dict(self.instance.parameters)
        for choice in PARAMETER_CHOICES:
            value = self.cleaned_data.get(choice.name)
            if value != parameters.get(choice.name, ""):
                # Another recommender means another artifact: the pin of the old one is void.
                parameters.pop("artifact", None)
            parameters.pop(choice.name, None)
            parameters |= {choice.name: value} if value else {}
        self.instance.parameters = parameters
        return super().save(commit)


class VariantFormSet(BaseInlineFormSet):
    """All variants of one experiment: at least two, exactly one control."""

    def clean(self) -> None:
        """Refuse a set that could not be launched, with the reason."""
        super().clean()
        kept = [
            form.cleaned_data
            for form in self.forms
            if form.is_valid() and form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        if len(kept) < 2:
            raise forms.ValidationError("An experiment needs a control and at least one treatment.")
        if sum(bool(data.get("is_control")) for data in kept) != 1:
            raise forms.ValidationError("Mark exactly one variant as the control.")


class VariantInline(TabularInline):
    """The variants, edited beside the experiment until it starts."""

    model = Variant
    form = VariantForm
    formset = VariantFormSet
    extra = 0
    min_num = 2
    show_change_link = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Frozen from the start on."""
        return obj is None or obj.status in EDITABLE

    has_add_permission = has_change_permission
    has_delete_permission = has_change_permission


class PlacementChoice(forms.ModelChoiceField):
    """A placement, named with its site."""

    def label_from_instance(self, obj: Placement) -> str:
        """Return the site and the placement."""
        return f"{obj.site.name} · {obj.name}"


class ExperimentForm(forms.ModelForm):
    """An experiment; its site is its placement's, its share becomes buckets."""

    placement = PlacementChoice(
        Placement.objects.select_related("site"), help_text="The spot of the shop it decides."
    )
    share = forms.IntegerField(
        min_value=1,
        max_value=100,
        initial=100,
        label="Share of units, %",
        help_text="How many of the placement's units may enter. Raising it later moves nobody.",
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
            "mde",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allocation = getattr(self.instance, "allocation", None) if self.instance.pk else None
        if allocation and "share" in self.fields:
            self.fields["share"].initial = round((allocation.stop - allocation.start) / 100)

    def clean_eligibility(self) -> dict[str, Any]:
        """Refuse a condition that cannot be evaluated."""
        condition = self.cleaned_data["eligibility"] or {}
        if problems := validate_condition(condition):
            raise forms.ValidationError(problems)
        return dict(condition)

    def clean(self) -> dict[str, Any]:
        """Refuse a key that the placement's site has already."""
        data = super().clean() or {}
        placement = data.get("placement")
        if placement is not None:
            self.instance.site = placement.site
            others = Experiment.objects.filter(site=placement.site, key=data.get("key"))
            if others.exclude(pk=self.instance.pk).exists():
                self.add_error("key", "This site has an experiment with this key.")
        return data


class StatusChangeInline(TabularInline):
    """What happened to the experiment, and who did it."""

    model = StatusChange
    extra = 0
    can_delete = False
    verbose_name_plural = "history"
    fields = readonly_fields = ["at", "from_status", "to_status", "actor", "reason"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Appended by the service alone."""
        return False


@admin.register(Experiment)
class ExperimentAdmin(ModelAdmin):
    """Set up, start, pause and end an experiment."""

    form = ExperimentForm
    list_display = ["name", "key", "site", "placement", "status", "started_at", "report"]
    list_filter = ["site", "status"]
    search_fields = ["name", "key"]
    prepopulated_fields = {"key": ["name"]}
    inlines = [VariantInline, StatusChangeInline]
    actions_detail = ["start", "pause", "end"]
    readonly_fields = ["status_and_checks"]
    list_select_related = ["site", "placement"]
    fieldsets = [
        (None, {"fields": ["status_and_checks", "name", "key", "hypothesis"]}),
        ("Traffic", {"fields": ["placement", "share", "unit_type", "eligibility"]}),
        (
            "Measurement",
            {"fields": ["window_days", "monitoring", "planned_days", "planned_units", "mde"]},
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Freeze what would change who sees what, or what was planned, once it has started."""
        if obj is None or obj.status in EDITABLE:
            return self.readonly_fields
        frozen = [name for name in ExperimentForm.Meta.fields if name not in {"name", "hypothesis"}]
        return [*self.readonly_fields, *frozen]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fill the key from the name while both can be written."""
        return {} if obj and obj.status not in EDITABLE else self.prepopulated_fields

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the share out once the buckets are lent."""
        if obj is None or obj.status in EDITABLE:
            return self.fieldsets
        return [
            (title, {"fields": [name for name in options["fields"] if name != "share"]})
            for title, options in self.fieldsets
        ]

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the history once there is one."""
        return [i for i in self.inlines if obj is not None or i is not StatusChangeInline]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what never ran may be deleted."""
        is_draft = obj is None or obj.status in EDITABLE
        return is_draft and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Experiment, form: Any, change: bool) -> None:
        """Save the experiment; a new one gets its seed, an editable one its buckets."""
        if not change:
            obj.seed = services.new_seed(obj.key)
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        if "share" in form.cleaned_data and obj.status in EDITABLE:
            try:
                services.allocate(experiment=obj, buckets=form.cleaned_data["share"] * 100)
            except ArmatureError as error:
                say(self, request, error)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Keep the order in which the variants stand on the page."""
        super().save_formset(request, form, formset, change)
        if formset.model is Variant:
            for position, variant in enumerate(form.instance.variants.order_by("id")):
                variant.position = position
                variant.save(update_fields=["position"])

    @admin.display(description="Status")
    def status_and_checks(self, obj: Experiment) -> str | SafeString:
        """Return the status and, before the start, every launch check with its reason."""
        if obj.pk is None:
            return "draft: save it, then start it"
        if obj.status not in EDITABLE:
            return obj.status
        rows = (
            ("✓" if check.passed else "✗", check.name, check.detail)
            for check in services.launch_checks(obj)
        )
        listed = format_html_join("", "<li>{} {}: {}</li>", rows)
        return format_html('{}<ul class="armature-checks">{}</ul>', obj.status, listed)

    @admin.display(description="Report")
    def report(self, obj: Experiment) -> SafeString:
        """Return a link to the report."""
        url = f"{reverse('reports:detail', args=[obj.key])}?site={obj.site.slug}"
        return format_html('<a href="{}">Report</a>', url)

    def _act(self, request: HttpRequest, object_id: int, name: str) -> HttpResponse:
        back = redirect(reverse("admin:experiments_experiment_change", args=[object_id]))
        get_object_or_404(Experiment, pk=object_id)
        try:
            act = getattr(services, f"{name}_experiment")
            with transaction.atomic():
                experiment = act(experiment_id=object_id, actor=actor_of(request))
        except ArmatureError as error:
            say(self, request, error)
            return back
        self.message_user(request, f"{experiment.name} is {experiment.status}.", messages.SUCCESS)
        return back

    @action(description="Start", permissions=["start"])
    def start(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Start or resume the experiment."""
        return self._act(request, object_id, "start")

    @action(description="Pause", permissions=["pause"])
    def pause(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Pause the experiment."""
        return self._act(request, object_id, "pause")

    @action(description="End for good", permissions=["end"])
    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """End the experiment."""
        return self._act(request, object_id, "end")

    def _may(self, request: HttpRequest, object_id: Any, name: str) -> bool:
        row = Experiment.objects.filter(pk=object_id).only("status").first()
        return (
            row is not None
            and name in possible_actions(row.status)
            and request.user.has_perm("experiments.change_experiment")
        )

    def has_start_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Offer Start only where it is possible."""
        return self._may(request, object_id, "start")

    def has_pause_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Offer Pause only where it is possible."""
        return self._may(request, object_id, "pause")

    def has_end_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Offer End only where it is possible."""
        return self._may(request, object_id, "end")
