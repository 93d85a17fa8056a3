"""What happened to an experiment: every change and every step, newest first."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from experiments.api.experiments import experiment_of
from experiments.api.lists import SiteList
from experiments.models import Change


class ChangeSerializer(serializers.ModelSerializer[Change]):
    """One change: who, when, what it was before, what it was after, and why.

    A step of the experiment's life has `status` before and after; an edit has `version`, which it
    raised.
    """

    before = serializers.DictField(read_only=True)
    after = serializers.DictField(read_only=True)

    class Meta:
        model = Change
        fields = ["id", "at", "actor", "action", "subject", "before", "after", "reason"]


class History(SiteList[Change]):
    """The audit of one experiment."""

    scope = "experiments"
    serializer_class = ChangeSerializer

    def rows(self, site_id: int) -> QuerySet[Change]:
        """Return the changes of the experiment that the address names."""
        experiment = experiment_of(self.request, self.kwargs["key"])
        return Change.objects.filter(experiment=experiment, site_id=site_id)

    @extend_schema(operation_id="experiments_history")
    def get(self, request: Request, key: str) -> Response:
        """Return the experiment's changes and steps; rows are appended and never altered."""
        return self.list(request)
