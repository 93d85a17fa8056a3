"""The screen of an experiment's plan."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from analytics import selectors
from analytics.launch.asked import Asked
from analytics.launch.planner import CannotPlan, ExperimentPlan, plan_experiment
from analytics.web.faces import status_tone
from analytics.web.planning.form import PlanForm
from analytics.web.planning.left import LeftView, left_of
from analytics.web.planning.page import plan_view
from analytics.web.views import ReportView, find_experiment, report_url
from experiments.models import Experiment

LONGEST_KEY = 80


class PlanPage(ReportView):
    """What an experiment can show by when; what is asked stands in the address."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Return the plan, or what hinders it: bad choices, no past, nothing that varies."""
        experiment = find_experiment(request, key)
        query = request.GET.dict()
        form = PlanForm(Asked.of(experiment), query)
        context = {
            "page_name": "reports",
            "e": experiment,
            "status_tone": status_tone(experiment.status),
            "report_url": report_url(experiment),
            "form": form,
            "is_asked": form.is_valid(),
        }
        if form.is_valid():
            asked = Asked.of(experiment, **form.changes())
            context |= _answer(experiment, asked, query)
        return render(request, "analytics/planning/plan.html", context)


def _answer(experiment: Experiment, asked: Asked, query: dict[str, str]) -> dict[str, Any]:
    left = _left(experiment, asked)
    try:
        plan: ExperimentPlan = plan_experiment(experiment, asked)
    except CannotPlan as why:
        return {"missing": str(why), "fix": why.fix, "left": left}
    shown = query.get("metric", "")[:LONGEST_KEY]
    return {"view": plan_view(experiment, plan, query, shown), "left": left}


def _left(experiment: Experiment, asked: Asked) -> LeftView | None:
    """Return what is left of a run, by its newest analysis."""
    ready = selectors.latest_ready(experiment)
    return left_of(ready.report, lift=asked.lift, power=asked.power) if ready else None
