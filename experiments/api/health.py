"""The installation's health and the counts of the key's site, for machines that watch."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments.api.authentication import key_of
from experiments.health.checks import STATES, health_checks, worst
from experiments.health.counts import site_counts
from experiments.health.waiting import oldest_waiting
from experiments.models import Site


class HealthCheckSerializer(serializers.Serializer[Any]):
    """How one part is; `fix` says what mends it, empty when nothing has to be."""

    name = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    detail = serializers.CharField()
    fix = serializers.CharField(allow_blank=True)


class EventCountsSerializer(serializers.Serializer[Any]):
    """accepted = applied + duplicates + quarantined + dropped + waiting + difference."""

    accepted = serializers.IntegerField()
    refused = serializers.IntegerField()
    applied = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    quarantined = serializers.IntegerField()
    dropped = serializers.IntegerField()
    waiting = serializers.IntegerField()
    difference = serializers.IntegerField()


class HealthSerializer(serializers.Serializer[Any]):
    """The worst state, every check, and the events of the key's site."""

    status = serializers.ChoiceField(choices=STATES)
    oldest_age_s = serializers.FloatField(help_text="Of what waits, in any site; 0 for nothing.")
    checks = HealthCheckSerializer(many=True)
    events = EventCountsSerializer()


class Health(APIView):
    """How the installation is."""

    scope = "experiments"

    @extend_schema(operation_id="health_read", responses=HealthSerializer)
    def get(self, request: Request) -> Response:
        """Return every health check with its fix, and where the site's accepted events are."""
        checks = health_checks()
        oldest = oldest_waiting()
        (events,) = site_counts(Site.objects.filter(pk=key_of(request).site_id))
        body = {
            "status": worst(checks),
            "oldest_age_s": oldest.age_s if oldest else 0.0,
            "checks": checks,
            "events": events,
        }
        return Response(HealthSerializer(body).data)
