"""Experiments as the API shows and takes them."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from experiments.api.strict import StrictInput
from experiments.assignment.condition.matching import validate_condition
from experiments.models import Experiment, RampStep, Variant
from experiments.ramping import MOST_HOURS, MOST_STEPS


class VariantSerializer(serializers.ModelSerializer[Variant]):
    """One variant."""

    class Meta:
        model = Variant
        fields = ["key", "name", "is_control", "weight", "parameters"]


class RampStepSerializer(serializers.ModelSerializer[RampStep]):
    """A step of a ramp; `applied_at`: when it was opened, null while it is to come."""

    class Meta:
        model = RampStep
        fields = ["percent", "after_hours", "needs_guardrails", "applied_at"]


class ExperimentSerializer(serializers.ModelSerializer[Experiment]):
    """An experiment with its variants, its buckets and its ramp.

    `version` rises with each edit; send it with the next one. `approved_version` is the version
    that a second person has approved, null without one.
    """

    placement = serializers.SlugRelatedField[Any](slug_field="key", read_only=True, allow_null=True)
    layer = serializers.SlugRelatedField[Any](slug_field="key", read_only=True)
    owner = serializers.SlugRelatedField[Any](
        slug_field="username", read_only=True, allow_null=True
    )
    variants = VariantSerializer(many=True, read_only=True)
    allocation = serializers.SerializerMethodField()
    admitted_stop = serializers.SerializerMethodField()
    ramp = RampStepSerializer(source="ramp_steps", many=True, read_only=True)

    class Meta:
        model = Experiment
        fields = [
            "key",
            "name",
            "hypothesis",
            "hypothesis_change",
            "hypothesis_because",
            "expected_direction",
            "placement",
            "layer",
            "unit_type",
            "fallback_unit_type",
            "is_sticky",
            "status",
            "version",
            "approved_version",
            "phase",
            "eligibility",
            "window_days",
            "monitoring",
            "planned_days",
            "planned_units",
            "mde",
            "owner",
            "variants",
            "allocation",
            "admitted_stop",
            "ramp",
            "created_at",
            "starts_at",
            "ends_at",
            "started_at",
            "enrolment_closed_at",
            "ended_at",
            "is_killed",
        ]

    def get_allocation(self, experiment: Experiment) -> list[int] | None:
        """Return the half-open bucket range [start, stop) of 10 000."""
        allocation = getattr(experiment, "allocation", None)
        return [allocation.start, allocation.stop] if allocation else None

    def get_admitted_stop(self, experiment: Experiment) -> int | None:
        """Return where the part of the allocation ends whose units enter now; a ramp raises it."""
        allocation = getattr(experiment, "allocation", None)
        return allocation.admitted_stop if allocation else None


class VariantInput(StrictInput):
    """A variant to create."""

    key = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=200)
    weight = serializers.IntegerField(min_value=1, max_value=10_000, default=1)
    is_control = serializers.BooleanField(default=False)
    parameters = serializers.DictField(default=dict)


class RampStepInput(StrictInput):
    """A step of a ramp."""

    percent = serializers.IntegerField(min_value=1, max_value=100)
    after_hours = serializers.IntegerField(
        min_value=0, max_value=MOST_HOURS, default=0, help_text="After the step before it."
    )
    needs_guardrails = serializers.BooleanField(
        default=True, help_text="Waits while a guardrail is harmed or the split is broken."
    )


class SetUp(StrictInput):
    """What can be said of an experiment, whether it is new or changed; nothing is needed."""

    hypothesis = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    hypothesis_change = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    hypothesis_because = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    expected_direction = serializers.ChoiceField(Experiment.Direction.choices, required=False)
    placement = serializers.SlugField(max_length=50, required=False)
    layer = serializers.SlugField(
        max_length=50, required=False, help_text="Whose buckets it takes, without a placement."
    )
    unit_type = serializers.ChoiceField(Experiment.UnitType.choices, required=False)
    fallback_unit_type = serializers.ChoiceField(
        Experiment.UnitType.choices, required=False, allow_blank=True
    )
    is_sticky = serializers.BooleanField(required=False)
    eligibility = serializers.DictField(required=False)
    window_days = serializers.IntegerField(min_value=1, max_value=365, required=False)
    monitoring = serializers.ChoiceField(Experiment.Monitoring.choices, required=False)
    planned_days = serializers.IntegerField(min_value=1, max_value=365, required=False)
    planned_units = serializers.IntegerField(
        min_value=2, max_value=2**31 - 1, required=False, allow_null=True
    )
    mde = serializers.FloatField(min_value=0.0001, max_value=10, required=False, allow_null=True)
    owner = serializers.CharField(
        max_length=150, required=False, allow_null=True, help_text="The name of an account."
    )
    ends_at = serializers.DateTimeField(required=False, allow_null=True)
    allocation = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    ramp = serializers.ListField(child=RampStepInput(), max_length=MOST_STEPS, required=False)

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


class ExperimentInput(SetUp):
    """An experiment to create as a draft, at a placement or in a layer."""

    key = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=200)
    variants = serializers.ListField(child=VariantInput(), min_length=2, max_length=20)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an experiment that is nowhere."""
        if "placement" not in attrs and "layer" not in attrs:
            needed = ErrorDetail("Name a placement, or a layer.", code="required")
            raise serializers.ValidationError({"placement": needed})
        return attrs


class ExperimentChange(SetUp):
    """What is to change, on the version that was read."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    key = serializers.SlugField(max_length=80, required=False)
    name = serializers.CharField(max_length=200, required=False)
    variants = serializers.ListField(
        child=VariantInput(), min_length=2, max_length=20, required=False
    )


class ActionInput(StrictInput):
    """What a step needs: `reason` is kept with it; some need one, and some need more.

    `starts_at`: when a scheduled experiment starts. `waiver`: the reason for which the warnings of
    the launch checks are waived. `percent`: the share to open. `weights`, `parameters`: of the new
    phase, by variant. `version`: refuses the step when somebody has edited it since.
    """

    reason = serializers.CharField(max_length=1000, default="", allow_blank=True)
    waiver = serializers.CharField(max_length=1000, default="", allow_blank=True)
    starts_at = serializers.DateTimeField(required=False)
    percent = serializers.IntegerField(min_value=1, max_value=100, required=False)
    weights = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=10_000), required=False
    )
    parameters = serializers.DictField(child=serializers.DictField(), required=False)
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
