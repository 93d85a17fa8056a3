"""Staff screens of this room: metrics, their roles, and stored analyses."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from analytics.errors import AnalyticsError
from analytics.models import Analysis, Metric
from analytics.queries import MetricQuery, check_metric
from analytics.settings_admin import AnalysisSettingsAdmin, ExplorationAdmin
from experiments.admin.base import ReadOnlyAdmin, StaffAdmin
from experiments.admin.recorded import Recorded
from experiments.models import Experiment
from experiments.roles import Action

__all__ = ["AnalysisAdmin", "AnalysisSettingsAdmin", "ExplorationAdmin", "MetricAdmin"]


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
class MetricAdmin(Recorded, StaffAdmin):
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
