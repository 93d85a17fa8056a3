"""Staff screens of this room: metrics, their roles, and stored analyses."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline

from analytics.errors import AnalyticsError
from analytics.models import Analysis, ExperimentMetric, Metric
from analytics.queries import MetricQuery, check_metric
from experiments.admin.base import ReadOnlyAdmin
from experiments.admin.experiment import EDITABLE, ExperimentAdmin


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
        if data.get("kind") and data.get("numerator"):
            query = MetricQuery(
                data.get("key", ""), data["kind"], data["numerator"], data.get("denominator")
            )
            try:
                check_metric(query)
            except AnalyticsError as error:
                self.add_error("numerator", str(error))
        return data


@admin.register(Metric)
class MetricAdmin(ModelAdmin):
    """Metrics; a changed definition is a new version, so old reports keep theirs."""

    form = MetricForm
    list_display = ["name", "key", "version", "site", "kind", "direction", "default_role"]
    list_filter = ["site", "kind"]

    def save_model(self, request: HttpRequest, obj: Metric, form: Any, change: bool) -> None:
        """Save a change as the next version."""
        if change and form.changed_data:
            newest = Metric.objects.filter(site=obj.site, key=obj.key).order_by("-version").first()
            obj.version = (newest.version if newest else 0) + 1
            obj.pk = None
            obj._state.adding = True
        super().save_model(request, obj, form, change)


class ExperimentMetricInline(TabularInline):
    """Which metrics decide, explain and guard; without any, the site's defaults are used."""

    model = ExperimentMetric
    extra = 0
    verbose_name_plural = "metrics (none: the site's defaults)"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Fixed before the start."""
        return obj is None or obj.status in EDITABLE

    has_add_permission = has_change_permission
    has_delete_permission = has_change_permission


ExperimentAdmin.inlines = [
    ExperimentAdmin.inlines[0],
    ExperimentMetricInline,
    *ExperimentAdmin.inlines[1:],
]


@admin.register(Analysis)
class AnalysisAdmin(ReadOnlyAdmin):
    """Stored analyses."""

    list_display = ["id", "experiment", "phase", "status", "created_at", "finished_at", "report"]
    list_filter = ["status", "experiment"]
    list_select_related = ["experiment__site"]

    @admin.display(description="Report")
    def report(self, obj: Analysis) -> SafeString:
        """Return a link to the report."""
        url = reverse("reports:detail", args=[obj.experiment.key])
        return format_html('<a href="{}?site={}">Report</a>', url, obj.experiment.site.slug)
