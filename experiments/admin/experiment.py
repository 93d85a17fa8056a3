"""The product manager's screens of an experiment: the list, its page, and its steps."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern

from experiments.admin.base import is_editable
from experiments.admin.experiment_steps import ARCHIVE, CLOSE, END, KILL, PAUSE, START
from experiments.admin.recorded import Recorded
from experiments.admin.steps import StepsAdmin
from experiments.models import Experiment
from experiments.roles import Action
from experiments.web.life_views import life_urls, life_view
from experiments.web.listing import OutcomeFilter, cleaned_query, list_context
from experiments.web.pages import page_urls
from experiments.web.setup.views import new_experiment, opening_url, setup_urls

PER_PAGE = 50


@admin.register(Experiment)
class ExperimentAdmin(Recorded, StepsAdmin):
    """Experiments: set up in a flow of its own until the start, then run from a page."""

    action = Action.EDIT
    list_display = ["name"]
    list_filter = ["site", "status", "placement", "owner", OutcomeFilter]
    list_per_page = PER_PAGE
    search_fields = ["name", "key", "hypothesis", "hypothesis_change"]
    change_list_template = "experiments/list.html"
    steps = (START, PAUSE, CLOSE, END, KILL, ARCHIVE)

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the set-up, of acts, and of pages about several experiments."""
        site = self.admin_site
        return [*setup_urls(site), *life_urls(site), *page_urls(site), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experiment]:
        """Fetch what every page of an experiment shows."""
        rows = super().get_queryset(request)
        return rows.select_related(
            "site", "placement__layer", "own_layer", "owner", "decision_record"
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what never ran may be deleted."""
        return is_editable(obj) and bool(super().has_delete_permission(request, obj))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Begin the set-up of a new experiment."""
        return new_experiment(request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Open the set-up of what has not started, else the experiment's page."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not self.has_view_permission(request, obj):
            return super().change_view(request, object_id, form_url, extra_context)
        if address := opening_url(request, obj):
            return redirect(address)
        return life_view(request, obj, self.step_links(request, obj))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list with its filters as a plain form; empty fields leave the address."""
        if (query := cleaned_query(request)) is not None:
            return redirect(f"{request.path}?{query}" if query else request.path)
        answer: Any = super().changelist_view(request, extra_context)
        found = (getattr(answer, "context_data", None) or {}).get("cl")
        if found is not None:
            answer.context_data |= list_context(request, found)
        return answer
