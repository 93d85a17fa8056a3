"""The plan of an experiment: days to effect and back for each metric, and days left of a run."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import selectors
from analytics.api.plan_shapes import PlanSerializer
from analytics.launch.asked import Asked
from analytics.launch.planner import CannotPlan, plan_experiment
from analytics.launch.shown import plan_dict, remaining_dict
from experiments.api.experiments import experiment_of
from experiments.api.strict import StrictInput
from experiments.models import Experiment


class PlanQuery(StrictInput):
    """What the plan is for; fractions, and what is left out is as the experiment is set up."""

    days = serializers.IntegerField(required=False, help_text="How long it would run.")
    lift = serializers.FloatField(required=False, help_text="The lift to find, 0.03 for 3 %.")
    monitoring = serializers.ChoiceField(Experiment.Monitoring.choices, required=False)
    cuped = serializers.BooleanField(
        required=False, help_text="Whether units' own past is taken out where a metric uses it."
    )
    power = serializers.FloatField(required=False, help_text="How often it is found, 0.8 usually.")
    alpha = serializers.FloatField(required=False, help_text="The false alarms that are accepted.")
    share = serializers.FloatField(required=False, help_text="Of the placement's traffic.")


class ExperimentPlanDetail(APIView):
    """The plan of one experiment."""

    scope = "analyses"

    @extend_schema(operation_id="plan_read", parameters=[PlanQuery], responses=PlanSerializer)
    def get(self, request: Request, key: str) -> Response:
        """Return what the days find and how long the lift takes, of each metric.

        `missing` says why there is no plan at all, a metric's own why it has none. `remaining` is
        there while the experiment runs, from its newest analysis.
        """
        data = PlanQuery(data=request.query_params.dict())
        data.is_valid(raise_exception=True)
        experiment = experiment_of(request, key)
        asked = Asked.of(experiment, **_changes(data.validated_data))
        return Response(PlanSerializer(_body(experiment, asked)).data)


def _changes(data: dict[str, Any]) -> dict[str, Any]:
    changes = dict(data)
    return changes | {
        "uses_cuped": changes.get("cuped"),
        "looks": changes.get("monitoring"),
    }


def _body(experiment: Experiment, asked: Asked) -> dict[str, Any]:
    ready = selectors.latest_ready(experiment)
    remaining = remaining_dict(ready.report, asked) if ready else None
    body = {"experiment": experiment.key, "remaining": remaining}
    try:
        return body | plan_dict(plan_experiment(experiment, asked))
    except CannotPlan as why:
        return body | plan_dict(None, asked=asked, missing=str(why), fix=why.fix)
