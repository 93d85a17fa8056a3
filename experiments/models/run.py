"""How an experiment ran: its phases, its ramp, the warnings that were waived, its decision."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from experiments.models.experiment import Experiment, Variant


class Phase(models.Model):
    """One stretch of a run with fixed weights, parameters and seed."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="phases")
    number = models.PositiveIntegerField()
    seed = models.CharField(max_length=120)
    variants = models.JSONField(
        default=list, help_text="Key, name, weight and parameters of each variant, in order."
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    actor = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "number"], name="phase_numbered_once")
        ]

    def __str__(self) -> str:
        return f"phase {self.number}"


class RampStep(models.Model):
    """A share of the reserved buckets that is opened some time after the step before it."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="ramp_steps")
    position = models.PositiveSmallIntegerField()
    percent = models.PositiveSmallIntegerField(help_text="Of the experiment's own buckets.")
    after_hours = models.PositiveIntegerField(
        default=0, help_text="Hours after the step before it; 0 for the first."
    )
    needs_guardrails = models.BooleanField(
        default=True, help_text="Waits while a guardrail is harmed or the split is broken."
    )
    applied_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "position"], name="ramp_step_placed_once"
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=1, percent__lte=100), name="ramp_step_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % after {self.after_hours} h"


class Waiver(models.Model):
    """A warning of the launch checks that somebody waived, and why."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="waivers")
    code = models.CharField(max_length=60)
    reason = models.TextField()
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "code"], name="waiver_given_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="waiver_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.code} waived"


class DecisionRecord(models.Model):
    """What a person decided at the end, with the analysis they saw; written once."""

    class Outcome(models.TextChoices):
        WON = "won", "won: a treatment is shipped"
        LOST = "lost", "lost: the control stays"
        INCONCLUSIVE = "inconclusive", "inconclusive"
        BROKEN = "broken", "broken: the measurement cannot be used"
        OTHER = "other", "other"

    experiment = models.OneToOneField(
        Experiment, on_delete=models.CASCADE, related_name="decision_record"
    )
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    reason = models.TextField()
    shipped_variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    analysis = models.JSONField(
        default=dict, help_text="The analysis as it was read when the decision was made."
    )
    follow_up = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="decision_has_a_reason")
        ]

    def __str__(self) -> str:
        return f"{self.experiment_id}: {self.outcome}"
