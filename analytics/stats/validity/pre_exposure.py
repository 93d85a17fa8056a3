"""Whether the variants differed already before anyone was exposed."""

from collections.abc import Mapping
from dataclasses import dataclass

from analytics.stats.compare import compare_estimates
from analytics.stats.formats import p_value_text
from analytics.stats.multiplicity import holm
from analytics.stats.results import (
    CheckLevel,
    Comparison,
    Estimate,
    Kind,
    Monitoring,
    Plain,
    Status,
)
from analytics.stats.validity.findings import Check, Finding

BLOCK_BELOW = 0.001  # as for the split: randomisation cannot be at rest
WARN_BELOW = 0.05  # chance, most often; worth adjusting for

CAUSES = (
    "chance: one experiment in twenty shows such a difference",
    "exposure is logged after the treatment has already acted",
    "units carry over what an earlier experiment with the same seed did to them",
    "one variant loses units of a certain kind before they are counted",
)
ADJUST = "Prefer the result adjusted for the pre-exposure value (CUPED)."
STOP = "Do not read results; find out what differs, then restart with a new seed."


@dataclass(frozen=True, slots=True)
class PriorMetric(Plain):
    """One metric before exposure, compared at a fixed horizon; `p_adjusted` by Holm."""

    name: str
    comparison: Comparison
    p_adjusted: float | None


@dataclass(frozen=True, slots=True)
class PriorEvidence(Plain):
    """Every metric that was compared before exposure."""

    metrics: tuple[PriorMetric, ...]


def check_pre_exposure(
    metrics: Mapping[str, tuple[Kind, Estimate, Estimate]],
) -> Finding[PriorEvidence]:
    """Return whether a metric differed between two variants before first exposure.

    `metrics`: kind, control and treatment by metric name, over the same units and days
    before their exposure, when no variant can have done anything. Holm over the
    metrics; warns below 0.05, blocks below 0.001. Source: Kohavi,
    Tang & Xu (2020), Trustworthy Online Controlled Experiments, ch. 19.
    """
    compared = {
        name: compare_estimates(kind, control, treatment, monitoring=Monitoring.FIXED)
        for name, (kind, control, treatment) in metrics.items()
    }
    adjusted = holm([each.p_value for each in compared.values()])
    evidence = PriorEvidence(
        tuple(
            PriorMetric(name, each, p)
            for (name, each), p in zip(compared.items(), adjusted, strict=True)
        )
    )
    return _finding(evidence, [p for p in adjusted if p is not None])


def _finding(evidence: PriorEvidence, known: list[float]) -> Finding[PriorEvidence]:
    if not known:
        return Finding(
            Check.PRE_EXPOSURE,
            CheckLevel.OK,
            evidence,
            "No metric can be compared before exposure.",
            status=Status.INSUFFICIENT_DATA,
        )
    odds = f"smallest adjusted p {p_value_text(min(known))}"
    if min(known) >= WARN_BELOW:
        return Finding(
            Check.PRE_EXPOSURE,
            CheckLevel.OK,
            evidence,
            f"The variants were alike before exposure ({odds}).",
        )
    is_grave = min(known) < BLOCK_BELOW
    return Finding(
        Check.PRE_EXPOSURE,
        CheckLevel.BLOCK if is_grave else CheckLevel.WARN,
        evidence,
        f"The variants differed before anyone was exposed ({odds}).",
        (*CAUSES[1:], CAUSES[0]) if is_grave else CAUSES,
        STOP if is_grave else ADJUST,
    )
