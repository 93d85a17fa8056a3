"""Experiments as the API shows and takes them."""

from typing import Any

from rest_framework import serializers

from experiments.assignment.conditions import validate_condition
from experiments.models import Experiment, Variant


class VariantSerializer(serializers.ModelSerializer[Variant]):
    """One variant."""

    class Meta:
        model = Variant
        fields = ["key", "name", "is_control", "weight", "parameters"]


class ExperimentSerializer(serializers.ModelSerializer[Experiment]):
    """An experiment with its variants and its buckets."""

    placement = serializers.SlugRelatedField[Any](slug_field="key", read_only=True)
    variants = VariantSerializer(many=True, read_only=True)
    allocation = serializers.SerializerMethodField()

    class Meta:
        model = Experiment
        fields = [
            "key",
            "name",
            "hypothesis",
            "placement",
            "unit_type",
            "status",
            "phase",
            "eligibility",
            "window_days",
            "monitoring",
            "planned_days",
            "planned_units",
            "mde",
            "variants",
            "allocation",
            "created_at",
            "started_at",
            "ended_at",
        ]

    def get_allocation(self, experiment: Experiment) -> list[int] | None:
        """Return the half-open bucket range [start, stop) of 10 000."""
        allocation = getattr(experiment, "allocation", None)
        return [allocation.start, allocation.stop] if allocation else None


class VariantInput(serializers.Serializer[Any]):
    """A variant to create."""

    key = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=200)
    weight = serializers.IntegerField(min_value=1, max_value=10_000, default=1)
    is_control = serializers.BooleanField(default=False)
    parameters = serializers.DictField(default=dict)


class ExperimentInput(serializers.Serializer[Any]):
    """An experiment to create as a draft."""

    key = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=200)
    hypothesis = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    placement = serializers.SlugField(max_length=50)
    unit_type = serializers.ChoiceField(Experiment.UnitType.choices, default="visitor")
    eligibility = serializers.DictField(default=dict)
    window_days = serializers.IntegerField(min_value=1, max_value=365, default=14)
    monitoring = serializers.ChoiceField(Experiment.Monitoring.choices, default="always_valid")
    planned_days = serializers.IntegerField(min_value=1, max_value=365, default=14)
    planned_units = serializers.IntegerField(
        min_value=2, max_value=2**31 - 1, required=False, allow_null=True
    )
    mde = serializers.FloatField(min_value=0.0001, max_value=10, required=False, allow_null=True)
    allocation = serializers.IntegerField(min_value=1, max_value=10_000, default=10_000)
    variants = serializers.ListField(child=VariantInput(), min_length=2, max_length=20)

    def validate_variants(self, variants: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse repeated keys and anything but one control."""
        keys = [variant["key"] for variant in variants]
        if len(set(keys)) < len(keys):
            raise serializers.ValidationError("two variants have the same key")
        if sum(variant["is_control"] for variant in variants) != 1:
            raise serializers.ValidationError("exactly one variant must be the control")
        return variants

    def validate_eligibility(self, condition: dict[str, Any]) -> dict[str, Any]:
        """Refuse a condition that could not be evaluated."""
        if problems := validate_condition(condition):
            raise serializers.ValidationError(problems[0])
        return condition


class ActionInput(serializers.Serializer[Any]):
    """Why an experiment is paused or ended; kept with the status change."""

    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True)
