"""Staff screens of this room: metrics, their roles, and stored analyses."""

from typing import Any

from django import forms
from django.contrib import admin
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget

from analytics.errors import AnalyticsError
from analytics.models import Analysis, ExperimentMetric, Metric
from analytics.queries import MetricQuery, check_metric
from experiments.admin.base import ReadOnlyAdmin, StaffAdmin, is_editable, name_fields
from experiments.admin.experiment import ExperimentAdmin
from experiments.admin.variants import ExperimentInline
from experiments.models import Experiment
from experiments.roles import Action


class MetricForm(forms.ModelForm):
    """A metric whose definition the compiler accepts."""

    class Meta:
        model = Metric
        fields = [
            "site",
            "key",
            "name",
            "kind",
            "numerator",
            "denominator",
            "direction",
            "format",
            "default_role",
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a definition that could not be computed."""
        data = super().clean() or {}
        for side in ("numerator", "denominator"):
            if data.get(side) is not None and not isinstance(data[side], dict):
                self.add_error(side, 'Write an object, e.g. {"source": "slates"}.')
        if not self.errors and data.get("kind") and data.get("numerator"):
            self._refuse_uncomputable(data)
        if not self.instance.pk and not self.errors:
            self._refuse_repeated_key(data)
        return data

    def _refuse_uncomputable(self, data: dict[str, Any]) -> None:
        key = data.get("key") or self.instance.key
        query = MetricQuery(key, data["kind"], data["numerator"], data.get("denominator"))
        try:
            check_metric(query)
        except AnalyticsError as error:
            self.add_error("numerator", str(error))

    def _refuse_repeated_key(self, data: dict[str, Any]) -> None:
        if Metric.objects.filter(site=data["site"], key=data["key"]).exists():
            self.add_error(
                "key", "This site has a metric with this key; open it, a change is a new version."
            )


@admin.register(Metric)
class MetricAdmin(StaffAdmin):
    """Metrics; a changed definition is a new version, so old reports keep theirs."""

    action = Action.ANALYSE
    form = MetricForm
    fixed_fields = ("site", "key")
    list_display = ["name", "key", "version", "site", "kind", "direction", "default_role"]
    list_filter = ["site", "kind"]
    search_fields = ["name", "key"]
    list_select_related = ["site"]
    prepopulated_fields = {"key": ["name"]}

    def has_delete_permission(self, request: HttpRequest, obj: Metric | None = None) -> bool:
        """Refuse once the site ran an experiment: a report may rest on the metric."""
        if not super().has_delete_permission(request, obj):
            return False
        ran = Experiment.objects.filter(started_at__isnull=False)
        return obj is None or not ran.filter(site=obj.site_id).exists()

    def save_model(self, request: HttpRequest, obj: Metric, form: Any, change: bool) -> None:
        """Save a change as the next version."""
        if change and form.changed_data:
            newest = Metric.objects.filter(site=obj.site, key=obj.key).order_by("-version").first()
            obj.version = (newest.version if newest else 0) + 1
            obj.pk = None
            obj._state.adding = True
        super().save_model(request, obj, form, change)


class MetricChoice(forms.ModelChoiceField):
    """A metric, named with its version and its site."""

    def label_from_instance(self, obj: Metric) -> str:
        """Return name, version and site."""
        return f"{obj.name} (version {obj.version}, {obj.site.name})"


class ExperimentMetricForm(forms.ModelForm):
    """A metric's role; the margin of a guardrail is written in per cent."""

    margin_percent = forms.DecimalField(
        min_value=0.01,
        max_value=99,
        decimal_places=2,
        required=False,
        label="Margin, %",
        help_text="Of a guardrail: the relative loss that is still accepted.",
        widget=UnfoldAdminDecimalFieldWidget,
    )

    class Meta:
        model = ExperimentMetric
        fields = ["metric", "role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.margin is not None:
            self.initial["margin_percent"] = round(100 * self.instance.margin, 2)
        name_fields(self)

    def clean(self) -> dict[str, Any]:
        """Keep the margin as a fraction."""
        data = super().clean() or {}
        if "margin_percent" in self.fields:
            margin = data.get("margin_percent")
            self.instance.margin = None if margin is None else float(margin) / 100
        return data


class ExperimentMetricFormSet(BaseInlineFormSet):
    """The metrics of one experiment: each once, of its site, one of them primary."""

    def clean(self) -> None:
        """Refuse what a report could not be computed from."""
        super().clean()
        if not is_editable(self.instance):
            return  # shown, not edited
        kept = [
            form
            for form in self.forms
            if form.has_changed() or form.instance.pk
            if not self._should_delete_form(form)  # type: ignore[attr-defined]
        ]
        if not kept or any(form.errors for form in kept):
            return
        roles = [form.cleaned_data.get("role") for form in kept]
        if roles.count(Metric.Role.PRIMARY) != 1:
            raise forms.ValidationError("Name exactly one primary metric: it decides.")
        for form in kept:
            self._refuse_foreign(form)

    def _refuse_foreign(self, form: Any) -> None:
        metric = form.cleaned_data["metric"]
        if isinstance(metric, Metric) and self.instance.site_id not in (None, metric.site_id):
            form.add_error("metric", f"This metric belongs to {metric.site.name}.")


class ExperimentMetricInline(ExperimentInline):
    """Which metrics decide, explain and guard; without any, the site's defaults are used."""

    model = ExperimentMetric
    form = ExperimentMetricForm
    formset = ExperimentMetricFormSet
    extra = 0
    max_num = 20
    verbose_name = "metric"
    verbose_name_plural = "5 · Metrics: without any, the site's defaults are used"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Fetch what the rows show."""
        return super().get_queryset(request).select_related("metric__site")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Show the margin as text where nothing can be edited."""
        shown = "margin_shown" if self._is_frozen(request, obj) else "margin_percent"
        return ["metric", "role", shown]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the margin as text where nothing can be edited."""
        return ("margin_shown",) if self._is_frozen(request, obj) else ()

    def _is_frozen(self, request: HttpRequest, obj: Any) -> bool:
        return obj is not None and not self.has_change_permission(request, obj)

    @display(description="Margin")
    def margin_shown(self, obj: ExperimentMetric) -> str:
        """Return the margin in per cent."""
        return "–" if obj.margin is None else f"{100 * obj.margin:g} %"

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Offer the metrics of the experiment's site."""
        metrics = Metric.objects.select_related("site")
        if obj is not None and obj.site_id:
            metrics = metrics.filter(site=obj.site_id)
        field = MetricChoice(metrics, widget=UnfoldAdminSelectWidget())
        kwargs["form"] = type("SiteMetricForm", (self.form,), {"metric": field})
        return super().get_formset(request, obj, **kwargs)


ExperimentAdmin.inlines = [
    ExperimentAdmin.inlines[0],
    ExperimentMetricInline,
    *ExperimentAdmin.inlines[1:],
]


@admin.register(Analysis)
class AnalysisAdmin(ReadOnlyAdmin):
    """Stored analyses."""

    list_display = ["number", "experiment", "phase", "state", "created_at", "finished_at", "report"]
    list_filter = ["status", "experiment"]
    list_select_related = ["experiment__site"]
    fields = [
        "experiment",
        "report",
        "phase",
        "status",
        "error",
        "created_at",
        "started_at",
        "finished_at",
        "data_cut_us",
        "code_version",
        "settings_hash",
        "settings",
        "sql",
    ]
    readonly_fields = ["report"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the computed results in the table: a list of them is megabytes."""
        return super().get_queryset(request).defer("results", "moments")

    @display(description="Analysis", ordering="pk")
    def number(self, obj: Analysis) -> str:
        """Return the analysis's number."""
        return f"#{obj.pk}"

    @display(
        description="State",
        ordering="status",
        label={"ready": "success", "failed": "danger", "computing": "info"},
    )
    def state(self, obj: Analysis) -> str:
        """Return the status."""
        return obj.status

    @display(description="Report")
    def report(self, obj: Analysis) -> SafeString:
        """Return a link to the report."""
        url = reverse("reports:detail", args=[obj.experiment.key])
        return format_html('<a href="{}?site={}">Report</a>', url, obj.experiment.site.slug)
