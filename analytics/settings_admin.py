"""Staff screens of how experiments are analysed, and of explorations."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from unfold.decorators import display

from analytics.choices import misfit
from analytics.models import AnalysisSettings, Exploration
from experiments.access import can
from experiments.admin.base import ReadOnlyAdmin, StaffAdmin
from experiments.admin.recorded import Recorded
from experiments.models import Experiment
from experiments.roles import Action
from experiments.scoping import within


class AnalysisSettingsForm(forms.ModelForm):
    """Settings that fit the experiment's monitoring."""

    class Meta:
        model = AnalysisSettings
        fields = [
            "experiment",
            "alpha",
            "correction",
            "secondary_correction",
            "uses_cuped",
            "uses_winsor",
            "basis",
            "level",
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a correction that does not hold for the way results are read."""
        data = super().clean() or {}
        experiment = data.get("experiment") or getattr(self.instance, "experiment", None)
        if experiment is not None and data.get("correction"):
            row = AnalysisSettings(experiment=experiment, correction=data["correction"])
            if problem := misfit(row):
                self.add_error("correction", f"{problem}. Choose Holm or Bonferroni.")
        return data


@admin.register(AnalysisSettings)
class AnalysisSettingsAdmin(Recorded, StaffAdmin):
    """How each experiment is analysed; a change makes its stored report stale at once."""

    action = Action.ANALYSE
    form = AnalysisSettingsForm
    fixed_fields = ("experiment",)
    list_display = ["experiment", "alpha", "correction", "uses_cuped", "uses_winsor", "basis"]
    list_filter = ["experiment__site"]
    list_select_related = ["experiment__site"]
    search_fields = ["experiment__name", "experiment__key"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Settings go with their experiment."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the address of an experiment's settings, for links from its page."""
        own = path(
            "of/<int:pk>/",
            self.admin_site.admin_view(self.of_experiment),
            name="analytics_analysissettings_of",
        )
        return [own, *super().get_urls()]

    def of_experiment(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Open an experiment's settings, or the form that makes them when it has the defaults."""
        mine = within(Experiment.objects.filter(pk=pk), request.user, Action.VIEW)
        experiment = get_object_or_404(mine)
        row = self.get_queryset(request).filter(experiment=experiment).first()
        if row is not None:
            return redirect("admin:analytics_analysissettings_change", row.pk)
        if not can(request.user, self.action, experiment.site_id):
            raise PermissionDenied
        add = reverse("admin:analytics_analysissettings_add")
        return redirect(f"{add}?experiment={pk}")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the settings, and say what that does to the report."""
        super().save_model(request, obj, form, change)
        if obj.experiment.analyses.exists():
            text = "The stored report has other settings: it is stale until it is refreshed."
            self.message_user(request, text, messages.WARNING)


@admin.register(Exploration)
class ExplorationAdmin(ReadOnlyAdmin):
    """Stored explorations."""

    list_display = ["name", "experiment", "state", "created_by", "created_at", "finished_at"]
    list_filter = ["status", "experiment"]
    list_select_related = ["experiment__site", "created_by"]
    fields = [
        "name",
        "experiment",
        "phase",
        "question",
        "status",
        "stage",
        "share",
        "error",
        "created_by",
        "created_at",
        "started_at",
        "finished_at",
        "data_cut_us",
        "code_version",
        "settings_hash",
        "settings",
        "sql",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the computed results in the table: a list of them is megabytes."""
        return super().get_queryset(request).defer("results", "moments")

    @display(
        description="State",
        ordering="status",
        label={"ready": "success", "failed": "danger", "computing": "info"},
    )
    def state(self, obj: Exploration) -> str:
        """Return the status."""
        return obj.status
