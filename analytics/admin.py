"""Staff screens of this room: metrics, their roles, and stored analyses."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from analytics.errors import DefinitionError
from analytics.models import Analysis, Metric
from analytics.services.metrics import DEFINING, TOLD, newest_of, require_computable
from analytics.settings_admin import AnalysisSettingsAdmin, ExplorationAdmin
from experiments.admin.base import ReadOnlyAdmin, StaffAdmin
from experiments.admin.recorded import Recorded
from experiments.models import Experiment
from experiments.roles import Action

__all__ = ["AnalysisAdmin", "AnalysisSettingsAdmin", "ExplorationAdmin", "MetricAdmin"]

USUAL: dict[str, Any] = {"tags": [], "delay_days": 0, "min_units": 0}


class MetricForm(forms.ModelForm):
    """A metric whose definition the compiler accepts."""

    class Meta:
        model = Metric
        fields = [
            "site",
            "key",
            "name",
            "description",
            "owner",
            "tags",
            "kind",
            "numerator",
            "denominator",
            "window_days",
            "delay_days",
            "winsor",
            "uses_cuped",
            "min_units",
            "direction",
            "format",
            "default_role",
            "default_margin",
            "is_archived",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask for nothing that has a default."""
        super().__init__(*args, **kwargs)
        for name in USUAL:
            if name in self.fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """Refuse a definition that could not be computed."""
        data = super().clean() or {}
        for name, usual in USUAL.items():
            if data.get(name) is None:
                data[name] = usual
        if not self.errors and data.get("kind"):
            self._refuse_uncomputable(data)
        if not self.instance.pk and not self.errors:
            self._refuse_repeated_key(data)
        return data

    def _refuse_uncomputable(self, data: dict[str, Any]) -> None:
        known = {field.name for field in Metric._meta.concrete_fields}
        held = {name: value for name, value in data.items() if name in known}
        held.setdefault("key", self.instance.key)
        try:
            require_computable(Metric(**held))
        except DefinitionError as error:
            field = error.field.partition(".")[0]
            text = error.args[0] if field == error.field else f"{error.field}: {error.args[0]}"
            self.add_error(field if field in self.fields else None, text)

    def _refuse_repeated_key(self, data: dict[str, Any]) -> None:
        if Metric.objects.filter(site=data["site"], key=data["key"]).exists():
            self.add_error(
                "key", "This site has a metric with this key; open it, a change is a new version."
            )


@admin.register(Metric)
class MetricAdmin(Recorded, StaffAdmin):
    """Metrics; a changed definition is a new version, so old reports keep theirs."""

    action = Action.ANALYSE
    form = MetricForm
    fixed_fields = ("site", "key")
    list_display = [
        "name",
        "key",
        "version",
        "site",
        "kind",
        "direction",
        "default_role",
        "owner",
        "is_archived",
    ]
    list_filter = ["site", "kind", "is_archived", "is_builtin"]
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
        """Save a change of meaning as the next version, and what is told of it on every one."""
        before = Metric.objects.filter(pk=obj.pk).first() if change else None
        if before and any(getattr(before, name) != getattr(obj, name) for name in DEFINING):
            obj.version = newest_of(obj.site, obj.key).version + 1
            obj.pk = None
            obj._state.adding = True
        super().save_model(request, obj, form, change)
        told = {name: getattr(obj, name) for name in (*TOLD, "is_archived")}
        Metric.objects.filter(site=obj.site, key=obj.key).update(**told)


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
