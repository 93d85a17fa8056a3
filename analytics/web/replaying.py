"""The A/A replay of an experiment on the screen: asked for, how far it is, what came of it."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from analytics import services
from analytics.tasks import compute_replay
from analytics.web.replays import replay_view
from analytics.web.views import ReportView, find_experiment, report_url
from experiments.access import can
from experiments.errors import ArmatureError
from experiments.intake.hints import queue_on_commit
from experiments.roles import Action


class ReplayPage(ReportView):
    """What the analysis says of splits of the past that changed nothing."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Return the newest replay in whatever state it is, and the last good one below it."""
        experiment = find_experiment(request, key)
        context = {
            "page_name": "reports",
            "e": experiment,
            "report_url": report_url(experiment),
            "page": replay_view(experiment),
            "may_analyse": can(request.user, Action.ANALYSE, experiment.site_id),
        }
        return render(request, "analytics/aa.html", context)

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Queue a replay, and go back to the page; says why where there can be none."""
        experiment = find_experiment(request, key, Action.ANALYSE)
        try:
            with transaction.atomic():
                row = services.request_replay(experiment=experiment, user=request.user)
                queue_on_commit(compute_replay, row.pk)
        except ArmatureError as refused:
            messages.error(
                request, f"Nothing was replayed: {refused}. {refused.hint or ''}".strip()
            )
        return redirect(report_url(experiment, "aa"))
