"""The set-up's pages: shown, saved step by step, and what leads on from them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from experiments import services
from experiments.access import can, can_somewhere, sites_of
from experiments.admin.base import actor_of, is_editable, text_of
from experiments.errors import ArmatureError, EditConflict
from experiments.models import Experiment
from experiments.roles import Action
from experiments.web.setup.audience import AudienceForm, matching_of
from experiments.web.setup.creating import create_draft, new_parts
from experiments.web.setup.page import Parts, StepPage, are_valid
from experiments.web.setup.places import require_places
from experiments.web.setup.review import LaunchForm, Way, ways_of
from experiments.web.setup.saving import differences, save_step, version_of
from experiments.web.setup.steps import ORDER, PAGES, first_open, neighbours_of, steps_of

STAY, MORE = "stay", "more"
OWN_TYPES = ("visitor", "account", "session")


def setup_url(experiment: Experiment, slug: str) -> str:
    """Return the address of a step."""
    return reverse("admin:experiments_experiment_setup", args=[experiment.pk, slug])


def change_url(experiment: Experiment) -> str:
    """Return the address of the experiment's own page."""
    return reverse("admin:experiments_experiment_change", args=[experiment.pk])


def new_experiment(request: HttpRequest) -> HttpResponse:
    """Show the first step of a new experiment, or make it a draft and go on."""
    if not can_somewhere(request.user, Action.EDIT):
        raise PermissionDenied
    page = PAGES[ORDER[0]]
    problem = ""
    parts = new_parts(request, request.POST if request.method == "POST" else None)
    try:
        require_places(list(sites_of(request.user, Action.EDIT)))
        if request.method == "POST" and are_valid(parts):
            user: Any = request.user
            return redirect(setup_url(create_draft(parts, user), ORDER[1]))
    except ArmatureError as error:
        problem = text_of(error)
    return _render(request, page, None, parts, {"problem": problem, "is_new": True})


def setup_step(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Show a step, or save it and go where the person asked to go."""
    page, experiment = PAGES.get(slug), _visible(request, pk)
    if page is None:
        raise Http404(f"no step {slug!r}")
    if not is_editable(experiment):
        return redirect(change_url(experiment))
    if request.method != "POST":
        return _render(request, page, experiment, page.parts(request, experiment), {})
    if slug == "review" and request.POST.get("way"):
        return _take_way(request, experiment)
    if not can(request.user, Action.EDIT, experiment.site_id):
        raise PermissionDenied
    return _save(request, page, experiment)


def _visible(request: HttpRequest, pk: int) -> Experiment:
    """Return an experiment of a site where the person may look; raises Http404 otherwise."""
    rows = Experiment.objects.select_related("site", "placement__layer", "own_layer", "owner")
    experiment = rows.filter(pk=pk, site__in=sites_of(request.user, Action.VIEW)).first()
    if experiment is None:
        raise Http404(f"There is no experiment {pk}.")
    return experiment


def _save(request: HttpRequest, page: StepPage, experiment: Experiment) -> HttpResponse:
    parts = page.parts(request, experiment, request.POST)
    extra: dict[str, Any] = {}
    if are_valid(parts):
        version = version_of(request.POST.get("version"))
        try:
            saved = save_step(page, experiment, parts, actor=actor_of(request), version=version)
            return _saved(request, page, saved)
        except EditConflict as error:
            extra = _conflict(request, page, experiment, parts, error)
        except ArmatureError as error:
            extra = {"problem": text_of(error)}
    if _is_script(request):
        problem = (
            extra.get("conflict") or extra.get("problem") or "something has to be mended first."
        )
        return JsonResponse({"problem": problem}, status=409 if "conflict" in extra else 422)
    return _render(request, page, experiment, parts, extra)


def _is_script(request: HttpRequest) -> bool:
    """Return whether the page's own script saves while the person goes on typing."""
    return request.headers.get("Accept", "") == "application/json"


def _saved(request: HttpRequest, page: StepPage, saved: Experiment) -> HttpResponse:
    if not _is_script(request):
        return redirect(_onward(request, page, saved))
    version = Experiment.objects.values_list("version", flat=True).get(pk=saved.pk)
    return JsonResponse({"version": version})


def _onward(request: HttpRequest, page: StepPage, experiment: Experiment) -> str:
    """Return where a saved step leads: to the step that was asked for, else to the next."""
    asked = request.POST.get("go", "")
    if asked in PAGES:
        return setup_url(experiment, asked)
    if asked in (STAY, MORE):
        shopper = request.POST.get("shopper", "")
        query = "?more=1" if asked == MORE else ""
        if shopper:
            query += f"{'&' if query else '?'}{_query(shopper)}"
        return setup_url(experiment, page.slug) + query
    _before, after = neighbours_of(page.slug)
    return setup_url(experiment, after.slug if after else page.slug)


def _query(shopper: str) -> str:
    return urlencode({"shopper": shopper[:256]})


def _conflict(
    request: HttpRequest,
    page: StepPage,
    experiment: Experiment,
    parts: Parts,
    error: EditConflict,
) -> dict[str, Any]:
    """Return what differs; saved again, it is on the newer version and overwrites knowingly."""
    stored = _visible(request, experiment.pk)
    found = differences(parts, page.parts(request, stored))
    return {"conflict": str(error), "differences": found, "version": stored.version}


def _take_way(request: HttpRequest, experiment: Experiment) -> HttpResponse:
    """Start it, schedule it, ask for approval or give it: what was pressed on the review."""
    way = ways_of(request, experiment).get(request.POST["way"])
    if way is None:
        raise PermissionDenied
    form = LaunchForm(request.POST, site=experiment.site)
    # What is started or approved is what was looked at, not what somebody made of it meanwhile.
    problem = _changed_since(request, experiment)
    if form.is_valid() and not problem:
        try:
            messages.success(request, _run_way(way, request, experiment, form.cleaned_data))
            return redirect(change_url(experiment))
        except ArmatureError as error:
            problem = text_of(error)
    fresh = _visible(request, experiment.pk)
    return _render(request, PAGES["review"], fresh, {}, {"problem": problem, "launch": form})


def _changed_since(request: HttpRequest, experiment: Experiment) -> str:
    """Return what to do where the review was of an older version, "" where it was of this one."""
    if version_of(request.POST.get("version")) == experiment.version:
        return ""
    return (
        f"It was changed since you looked at it: this is version {experiment.version}. "
        "Nothing was done; look at it again, and press once more."
    )


@transaction.atomic
def _run_way(way: Way, request: HttpRequest, experiment: Experiment, data: dict[str, Any]) -> str:
    """Do what was pressed, on the version that the page showed: nobody approves unseen edits."""
    if posted := request.POST.get("version"):
        services.require_unchanged(experiment_id=experiment.pk, version=version_of(posted))
    return way.run(experiment, request, data)


def count_units(request: HttpRequest, pk: int) -> JsonResponse:
    """Return how many units of the last seven days a condition lets in; stores nothing."""
    experiment = _visible(request, pk)
    form = AudienceForm({**request.GET.dict(), "unit_type": _unit_type(request, experiment)})
    form.is_valid()
    if problems := form.errors.get("eligibility"):
        return JsonResponse({"problems": list(problems)}, status=400)
    condition = form.cleaned_data["eligibility"]
    found = matching_of(experiment.site, condition, _unit_type(request, experiment))
    return JsonResponse(
        {
            "n_units": found.n_units,
            "n_matching": found.n_matching,
            "is_capped": found.is_capped,
            "percent": round(found.percent, 1),
        }
    )


def _unit_type(request: HttpRequest, experiment: Experiment) -> str:
    asked = request.GET.get("unit_type", "")
    return asked if asked in OWN_TYPES else experiment.unit_type


def opening_url(request: HttpRequest, experiment: Experiment) -> str:
    """Return the step at which an unstarted experiment is opened, "" for one that has started."""
    if not is_editable(experiment):
        return ""
    may_edit = can(request.user, Action.EDIT, experiment.site_id)
    return setup_url(experiment, first_open(experiment) if may_edit else "review")


def setup_urls(site: admin.AdminSite) -> list[URLPattern]:
    """Return the addresses of the set-up, below those of experiments in the admin."""
    step, count = site.admin_view(setup_step), site.admin_view(count_units)
    return [
        path("<int:pk>/setup/count/", count, name="experiments_experiment_count"),
        path("<int:pk>/setup/<slug:slug>/", step, name="experiments_experiment_setup"),
    ]


def _render(
    request: HttpRequest,
    page: StepPage,
    experiment: Experiment | None,
    parts: Parts,
    extra: dict[str, Any],
) -> HttpResponse:
    before, after = neighbours_of(page.slug)
    may_edit = experiment is None or can(request.user, Action.EDIT, experiment.site_id)
    shown = page.context(request, experiment) if experiment else {}
    context = {
        **admin.site.each_context(request),
        "title": experiment.name if experiment else "New experiment",
        "page": page,
        "number": ORDER.index(page.slug) + 1,
        "experiment": experiment,
        "version": experiment.version if experiment else "",
        "steps": steps_of(experiment, page.slug, shown.get("checklist")),
        "before": before,
        "after": after,
        "may_edit": may_edit,
        "has_errors": any(not part.is_valid() for part in parts.values() if part.is_bound),
        **shown,
        **parts,
        **extra,
    }
    status = 409 if "conflict" in extra else 200
    return TemplateResponse(request, page.template, context, status=status)
