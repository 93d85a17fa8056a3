"""Acts: what is done to an experiment that has started, on a page of its own with a form.

A GET shows what would happen and changes nothing. What the form was made from is posted with it:
whoever acts on a page that somebody else has outdated is shown the new one, and nothing is done.
"""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from experiments.access import can, sites_of
from experiments.admin.base import text_of
from experiments.errors import ArmatureError, EditConflict
from experiments.models import Experiment
from experiments.roles import Action


class Act:
    """One act: its address, who may do it, when it is possible, its form and what it does."""

    name: ClassVar[str]
    label: ClassVar[str]
    action: ClassVar[Action]
    tone: ClassVar[str] = "main"

    @property
    def template(self) -> str:
        """Return the template of the act's page."""
        return f"experiments/acts/{self.name}.html"

    def title(self, experiment: Experiment) -> str:
        """Return what the page asks."""
        raise NotImplementedError

    def is_possible(self, experiment: Experiment) -> bool:
        """Return whether the experiment can be acted on as it stands."""
        raise NotImplementedError

    def form(self, experiment: Experiment, data: Any = None) -> forms.BaseForm:
        """Return the form, filled from the experiment, bound where data are given."""
        raise NotImplementedError

    def run(self, experiment: Experiment, user: Any, form: Any) -> str:
        """Do it; return the sentence shown afterwards. Raises ArmatureError with the reason."""
        raise NotImplementedError

    def onward(self, experiment: Experiment, form: Any) -> str:
        """Return where it leads once it is done: to the experiment's page."""
        return page_url(experiment)

    def context(self, experiment: Experiment) -> dict[str, Any]:
        """Return what the page shows beside the form."""
        return {}


def visible(request: HttpRequest, pk: int) -> Experiment:
    """Return an experiment of a site where the person may look; raises Http404 otherwise."""
    rows = Experiment.objects.select_related("site", "placement__layer", "own_layer", "owner")
    found = rows.filter(pk=pk, site__in=sites_of(request.user, Action.VIEW)).first()
    if found is None:
        raise Http404(f"There is no experiment {pk}.")
    return found


def page_url(experiment: Experiment) -> str:
    """Return the address of the experiment's own page."""
    return reverse("admin:experiments_experiment_change", args=[experiment.pk])


def act_url(name: str, experiment: Experiment) -> str:
    """Return the address of an act."""
    return reverse(f"admin:experiments_experiment_{name}", args=[experiment.pk])


def act_view(act: Act, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the act's page, or do what its form says."""
    experiment = visible(request, pk)
    if not can(request.user, act.action, experiment.site_id):
        raise PermissionDenied
    if request.method != "POST" or not act.is_possible(experiment):
        return render(request, act, experiment, act.form(experiment))
    form = act.form(experiment, request.POST)
    extra: dict[str, Any] = {}
    if form.is_valid():
        try:
            messages.success(request, act.run(experiment, request.user, form))
            return redirect(act.onward(experiment, form))
        except EditConflict as error:
            extra = {"conflict": error, "version": error.version}
        except ArmatureError as error:
            extra = {"problem": text_of(error)}
    return render(request, act, visible(request, pk), form, **extra)


def render(
    request: HttpRequest, act: Act, experiment: Experiment, form: Any, **extra: Any
) -> HttpResponse:
    """Return the act's page."""
    context = {
        **admin.site.each_context(request),
        "title": act.title(experiment),
        "act": act,
        "experiment": experiment,
        "form": form,
        "is_possible": act.is_possible(experiment),
        "back": page_url(experiment),
        **act.context(experiment),
        **extra,
    }
    status = 409 if "conflict" in extra else 200
    return TemplateResponse(request, act.template, context, status=status)


def act_paths(site: admin.AdminSite, acts: list[Act]) -> list[URLPattern]:
    """Return the addresses of acts, below that of their experiment."""
    return [_path(site, act) for act in acts]


def _path(site: admin.AdminSite, act: Act) -> URLPattern:
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        return act_view(act, request, pk)

    name = f"experiments_experiment_{act.name}"
    return path(f"<int:pk>/{act.name}/", site.admin_view(view), name=name)
