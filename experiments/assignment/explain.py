"""A decision taken apart: each step with what it looked at. Agrees with `decide_experiment`."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from experiments.assignment.assign import (
    DECIDING,
    MAX_PREREQUISITES,
    OVER,
    Experiments,
    decide_experiment,
    entry_reason,
    forced_variant,
)
from experiments.assignment.condition.failing import first_failing
from experiments.assignment.hashing import bucket_of
from experiments.assignment.layers import Range, holds
from experiments.assignment.specs import (
    ExperimentSpec,
    HoldoutSpec,
    PrerequisiteSpec,
    Reason,
    VariantSpec,
    Visit,
)


class Verdict(StrEnum):
    """What a step did to the unit."""

    PASSED = "passed"
    DECIDED = "decided"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, what it did, what it looked at (JSON) and that in a sentence.

    Steps after the deciding one tell what they would have seen.
    """

    name: str
    verdict: Verdict
    value: Any
    detail: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The steps of one decision in their order, and the one that settled it."""

    reason: Reason
    variant: VariantSpec | None
    unit_type: str
    unit_id: str
    decided_by: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Finding:
    """A step before it is known whether it was reached; `outcome`: what it would decide."""

    name: str
    value: Any
    detail: str
    outcome: tuple[Reason, VariantSpec | None] | None = None


def explain_experiment(
    experiment: ExperimentSpec, visit: Visit, experiments: Experiments | None = None
) -> Explanation:
    """Return why a unit gets its variant in an experiment, or none."""
    decision = decide_experiment(experiment, visit, experiments)
    asked = _Asked(experiment, visit, experiments or {}, decision.unit_type, decision.unit_id)
    findings = list(asked.findings())
    settled = next(place for place, each in enumerate(findings) if each.outcome)
    reason, variant = findings[settled].outcome or (decision.reason, decision.variant)
    return Explanation(
        reason=reason,
        variant=variant,
        unit_type=decision.unit_type,
        unit_id=decision.unit_id,
        decided_by=findings[settled].name,
        steps=tuple(
            Step(each.name, _verdict(place, settled), each.value, each.detail)
            for place, each in enumerate(findings)
        ),
    )


def _verdict(place: int, settled: int) -> Verdict:
    if place == settled:
        return Verdict.DECIDED
    return Verdict.PASSED if place < settled else Verdict.NOT_REACHED


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question: an experiment, a visit and the unit that the visit is to the experiment."""

    experiment: ExperimentSpec
    visit: Visit
    experiments: Experiments
    unit_type: str
    unit_id: str

    def findings(self) -> Iterator[_Finding]:
        """Yield every step in the order of the decision."""
        if self.experiment.shipped and self.experiment.status in OVER:
            yield self._shipped()
        yield self._consent()
        yield self._link()
        yield self._status()
        yield self._unit()
        yield self._override()
        yield self._layer()
        yield self._paused()
        yield self._eligibility()
        yield from (self._holdout(holdout) for holdout in self.experiment.holdouts)
        yield from (self._prerequisite(needed) for needed in self.experiment.prerequisites)
        yield self._variant()

    def _shipped(self) -> _Finding:
        variant = self.experiment.variant(self.experiment.shipped)
        outcome = (Reason.ENDED, variant) if variant else None
        detail = f"it was decided: everybody gets {self.experiment.shipped}"
        return _Finding("shipped", self.experiment.shipped, detail, outcome)

    def _consent(self) -> _Finding:
        given = self.visit.has_consent
        detail = "the visitor consents" if given else "without both consents no unit takes part"
        return _Finding("consent", given, detail, None if given else (Reason.NO_CONSENT, None))

    def _link(self) -> _Finding:
        key = self.visit.forced.get(self.experiment.key)
        variant = self.experiment.variant(key or "")
        detail = f"a link forces {key}" if key else "no link forces a variant"
        if key and variant is None:
            detail = f"a link forces {key}, which is no variant"
        shown = forced_variant(self.experiment, self.visit)
        if variant and shown is None:
            detail = f"a link forces {key}, which was killed"
        return _Finding("link", key, detail, (Reason.OVERRIDE, shown) if shown else None)

    def _status(self) -> _Finding:
        experiment = self.experiment
        status = "killed" if experiment.is_killed else experiment.status
        if not experiment.variants and status in DECIDING:
            status = "without variants"
        return _Finding("status", status, f"the experiment is {status}", self._not_open())

    def _not_open(self) -> tuple[Reason, None] | None:
        experiment = self.experiment
        if experiment.is_killed:
            return Reason.KILLED, None
        if experiment.status in OVER:
            return Reason.ENDED, None
        is_open = experiment.status in DECIDING or self.visit.is_qa
        return None if is_open and experiment.variants else (Reason.NOT_STARTED, None)

    def _unit(self) -> _Finding:
        value = {"type": self.unit_type, "id": self.unit_id or None}
        if not self.unit_id:
            detail = f"the visit has no id of a {self.unit_type}"
            return _Finding("unit", value, detail, (Reason.NO_UNIT, None))
        why = "kept over a sign-in" if self._is_kept() else f"the {self.unit_type}'s id"
        return _Finding("unit", value, f"{self.unit_id}: {why}")

    def _is_kept(self) -> bool:
        phase, unit_id = self.visit.kept.get(self.experiment.key, (0, ""))
        return self.experiment.is_sticky and phase == self.experiment.phase and bool(unit_id)

    def _override(self) -> _Finding:
        key = self.experiment.overrides.get(self.unit_id)
        variant = self.experiment.variant(key or "")
        if self.experiment.status == "paused":
            return _Finding("override", key, "overrides rest while the experiment is paused")
        detail = f"the unit is listed for {key}" if variant else "the unit is not listed"
        return _Finding("override", key, detail, (Reason.OVERRIDE, variant) if variant else None)

    def _layer(self) -> _Finding:
        allocation = self.experiment.allocation
        bucket, value = self._bucket(self.experiment.layer_seed, allocation)
        if bucket is None:
            return _Finding("layer", value, "no unit, no bucket")
        inside = holds(allocation, bucket)
        detail = f"bucket {bucket} of the layer is {_within(inside, allocation)}"
        return _Finding("layer", value, detail, None if inside else (Reason.NOT_IN_LAYER, None))

    def _bucket(self, seed: str, ranges: tuple[Range, ...]) -> tuple[int | None, dict[str, Any]]:
        """Return the unit's bucket under a seed, and it beside the ranges that are looked at."""
        bucket = bucket_of(self.unit_id, seed=seed) if self.unit_id else None
        return bucket, {"bucket": bucket, "ranges": [list(span) for span in ranges]}

    def _paused(self) -> _Finding:
        is_paused = self.experiment.status == "paused"
        detail = "paused: its units get the default" if is_paused else "not paused"
        return _Finding("paused", is_paused, detail, (Reason.PAUSED, None) if is_paused else None)

    def _eligibility(self) -> _Finding:
        if self._is_kept():
            return _Finding("eligibility", None, "the unit entered before; it stays in")
        failing = first_failing(self.experiment.condition, self.visit.attributes)
        if failing is None:
            met = "the condition is met" if self.experiment.condition else "everybody may enter"
            return _Finding("eligibility", None, met)
        value = {"part": failing.part, "attribute": failing.path, "found": failing.found}
        return _Finding("eligibility", value, failing.detail, (Reason.NOT_ELIGIBLE, None))

    def _holdout(self, holdout: HoldoutSpec) -> _Finding:
        bucket, value = self._bucket(holdout.seed, (holdout.range,))
        if bucket is None:
            return _Finding("holdout", value, "no unit, no bucket")
        inside = holds((holdout.range,), bucket)
        detail = f"bucket {bucket} of the holdout is {_within(inside, (holdout.range,))}"
        return _Finding("holdout", value, detail, (Reason.HOLDOUT, None) if inside else None)

    def _prerequisite(self, needed: PrerequisiteSpec) -> _Finding:
        found = self._variant_in(needed.experiment_id)
        wanted = sorted(needed.variants)
        value = {"experiment": needed.experiment_key, "variants": wanted, "found": found}
        detail = f"{needed.experiment_key}: {found or 'no variant'}, one of {', '.join(wanted)} due"
        refusal = None if found in needed.variants else (Reason.PREREQUISITE, None)
        return _Finding("prerequisite", value, detail, refusal)

    def _variant_in(self, experiment_id: int) -> str | None:
        required = self.experiments.get(experiment_id)
        if required is None:
            return None
        depth = MAX_PREREQUISITES - 1
        variant = decide_experiment(required, self.visit, self.experiments, depth).variant
        return variant.key if variant else None

    def _variant(self) -> _Finding:
        ranges = tuple(variant.range for variant in self.experiment.variants)
        bucket, value = self._bucket(self.experiment.seed, ranges)
        if bucket is None or not ranges:
            return _Finding("variant", value, "no bucket picks a variant")
        picked = next(v for v in self.experiment.variants if holds((v.range,), bucket))
        reason = entry_reason(self.experiment, self.visit, self.experiments)
        detail = f"bucket {bucket} is {_within(True, (picked.range,))}: {picked.key}"
        return _Finding("variant", value, detail, (reason, picked))


def _within(inside: bool, ranges: tuple[Range, ...]) -> str:
    spans = " and ".join(f"[{start}, {stop})" for start, stop in ranges) or "no buckets"
    return f"{'in' if inside else 'outside'} {spans}"
