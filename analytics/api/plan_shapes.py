"""What the plan's endpoint answers, described."""

from typing import Any

from rest_framework import serializers

from analytics.models import Metric
from analytics.stats.planning.design import Goal
from experiments.models import Experiment

GOALS = [(each.value, each.value) for each in Goal]


class PlanAskedSerializer(serializers.Serializer[Any]):
    """What was asked; fractions."""

    days = serializers.IntegerField()
    lift = serializers.FloatField(allow_null=True)
    monitoring = serializers.ChoiceField(Experiment.Monitoring.choices)
    cuped = serializers.BooleanField()
    power = serializers.FloatField()
    alpha = serializers.FloatField()
    share = serializers.FloatField()


class PastTrafficSerializer(serializers.Serializer[Any]):
    """Who came in the last 28 days; `units_by_day`: different ones by the end of each."""

    days = serializers.IntegerField()
    is_short = serializers.BooleanField()
    units_by_day = serializers.ListField(child=serializers.IntegerField())
    eligible = serializers.FloatField()
    outside_holdouts = serializers.FloatField()
    new_per_day = serializers.FloatField()


class EffectSerializer(serializers.Serializer[Any]):
    """The smallest effect that units show; null where they show none."""

    n_units = serializers.IntegerField()
    effect = serializers.FloatField(allow_null=True)
    lift = serializers.FloatField(allow_null=True)
    is_extrapolated = serializers.BooleanField()


class FoundSerializer(EffectSerializer):
    """What the asked days show."""

    days = serializers.IntegerField()


class WeekSerializer(EffectSerializer):
    """What so many weeks show."""

    week = serializers.IntegerField()


class NeededSerializer(serializers.Serializer[Any]):
    """What is sought takes: `days` in whole weeks, `days_missing` for the units alone."""

    n_units = serializers.IntegerField()
    days = serializers.IntegerField(allow_null=True)
    days_missing = serializers.IntegerField(allow_null=True)
    is_extrapolated = serializers.BooleanField()


class MetricPlanSerializer(serializers.Serializer[Any]):
    """One metric, both ways; `missing` says why it cannot be planned, `never` why it never ends."""

    key = serializers.CharField()
    name = serializers.CharField()
    role = serializers.CharField()
    kind = serializers.ChoiceField(Metric.Kind.choices)
    goal = serializers.ChoiceField(GOALS)
    sought = serializers.FloatField(allow_null=True)
    is_fall = serializers.BooleanField()
    missing = serializers.CharField(allow_blank=True)
    value = serializers.FloatField(allow_null=True)
    sigma = serializers.FloatField(allow_null=True)
    n_units = serializers.IntegerField()
    lag_days = serializers.IntegerField()
    cap = serializers.IntegerField(allow_null=True)
    variance_kept = serializers.FloatField(allow_null=True)
    takes_past_out = serializers.BooleanField()
    found = FoundSerializer(allow_null=True)
    power = serializers.FloatField(allow_null=True)
    needed = NeededSerializer(allow_null=True)
    never = serializers.CharField(allow_blank=True)
    weeks = WeekSerializer(many=True)


class MetricLeftSerializer(serializers.Serializer[Any]):
    """What a metric still needs; null where that cannot be told, with the reason if it is known."""

    key = serializers.CharField()
    name = serializers.CharField()
    goal = serializers.ChoiceField(GOALS)
    sought = serializers.FloatField(allow_null=True)
    n_units = serializers.IntegerField(allow_null=True)
    n_needed = serializers.IntegerField(allow_null=True)
    new_per_day = serializers.FloatField(allow_null=True)
    days_missing = serializers.IntegerField(allow_null=True)
    days_left = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class RemainingSerializer(serializers.Serializer[Any]):
    """What is left of a run, by its newest analysis."""

    until_us = serializers.IntegerField()
    metrics = MetricLeftSerializer(many=True)


class PlanSerializer(serializers.Serializer[Any]):
    """A plan; without a past `missing` says why there is none and `fix` what mends it."""

    experiment = serializers.CharField()
    asked = PlanAskedSerializer()
    missing = serializers.CharField(allow_blank=True)
    fix = serializers.CharField(allow_blank=True)
    until_us = serializers.IntegerField(allow_null=True)
    history = PastTrafficSerializer(allow_null=True)
    metrics = MetricPlanSerializer(many=True)
    remaining = RemainingSerializer(allow_null=True)
