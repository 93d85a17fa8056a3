"""The page of an experiment that has started, and the addresses of what can be done there."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone

from experiments.access import can
from experiments.admin.steps import StepLink
from experiments.models import Experiment
from experiments.web.act_clone import CloneAct
from experiments.web.act_decide import DecideAct
from experiments.web.act_edit import EditAct
from experiments.web.act_links import LINKS, links_path
from experiments.web.act_phase import PhaseAct
from experiments.web.act_ramp import RampAct
from experiments.web.acts import Act, act_paths, act_url
from experiments.web.life import life_page

ACTS: list[Act] = [RampAct(), PhaseAct(), DecideAct(), EditAct(), CloneAct()]


def life_view(request: HttpRequest, experiment: Experiment, steps: list[StepLink]) -> HttpResponse:
    """Show the experiment with what this person may do now."""
    page = life_page(experiment, timezone.now())
    context = {
        **admin.site.each_context(request),
        "title": experiment.name,
        "experiment": experiment,
        "original": experiment,
        "page": page,
        "do": {step.name.replace("-", "_"): step for step in steps} | acts_of(request, experiment),
    }
    return TemplateResponse(request, "experiments/life.html", context)


def acts_of(request: HttpRequest, experiment: Experiment) -> dict[str, StepLink]:
    """Return the buttons of acts: what is possible now, and allowed to this person."""
    return {
        act.name: StepLink(act.label, act_url(act.name, experiment), act.tone, act.name)
        for act in [*ACTS, LINKS]
        if can(request.user, act.action, experiment.site_id) and act.is_possible(experiment)
    }


def life_urls(site: admin.AdminSite) -> list[URLPattern]:
    """Return the addresses of acts, below those of experiments in the admin."""
    return [*act_paths(site, ACTS), links_path(site)]
