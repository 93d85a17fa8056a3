"""Analyses of only the units whose experience could differ: dilution, and two checks."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.errors import InvalidInputError
from analytics.stats.arrays import finite_array
from analytics.stats.compare import compare_estimates
from analytics.stats.formats import p_value_text
from analytics.stats.results import (
    CheckLevel,
    Comparison,
    Estimate,
    Kind,
    Monitoring,
    Plain,
    SplitCheck,
    Status,
    WarningCode,
)
from analytics.stats.srm import as_counts, split_check
from analytics.stats.validity.findings import Check, Finding, worst_level

COMPLEMENT_THRESHOLD = 0.001  # as for the split: an alarm means a fault

SPLIT_CAUSES = (
    "the trigger depends on what the variant did, instead of what it could have done",
    "the counterfactual trigger is logged in one variant only",
    "units of one variant leave before the trigger is logged",
)
COMPLEMENT_CAUSES = (
    "the trigger misses units whose experience did differ",
    "the treatment slows or breaks what every unit sees",
    "the trigger depends on what the variant did",
)
ACTION = "Use the analysis of all units; mend the trigger before reading the triggered one."


@dataclass(frozen=True, slots=True)
class Dilution(Plain):
    """A triggered effect as it shows over all units; `lift` None without its inputs."""

    trigger_rate: float
    effect: float
    lift: float | None


@dataclass(frozen=True, slots=True)
class TriggerEvidence(Plain):
    """The split of triggered units, and the untriggered ones compared at a fixed horizon."""

    split: SplitCheck
    complement: Comparison


def dilute(
    effect: float,
    *,
    n_triggered: int,
    n_all: int,
    lift: float | None = None,
    control_share: float | None = None,
) -> Dilution:
    """Return what a triggered effect means over all units.

    effect · n_triggered / n_all, and lift · `control_share`, the share of the control's
    total of the metric that comes from its triggered units: a lift among units who buy
    twice as much as others counts twice. Source: Kohavi, Tang & Xu (2020), ch. 20.

    >>> dilute(0.02, n_triggered=4000, n_all=20_000).effect
    0.004
    """
    n_triggered, n_all = as_counts([n_triggered, n_all])
    if n_all == 0 or n_triggered > n_all:
        raise InvalidInputError(f"triggered units must lie in 0..{n_all}, were {n_triggered}")
    finite_array("effect and lift", [effect, lift or 0.0])
    if control_share is not None and not 0 <= control_share <= 1:
        raise InvalidInputError(f"control share must lie in [0, 1], was {control_share}")
    return Dilution(
        trigger_rate=n_triggered / n_all,
        effect=effect * n_triggered / n_all,
        lift=None if lift is None or control_share is None else lift * control_share,
    )


def check_triggered(
    counts: Sequence[int],
    weights: Sequence[float],
    control: Estimate,
    treatment: Estimate,
    *,
    kind: Kind = Kind.MEAN,
) -> Finding[TriggerEvidence]:
    """Return whether a triggered analysis may be read.

    `counts`: triggered units per variant, whose split must fit `weights`; `control`,
    `treatment`: the metric over the *untriggered* units of a pair of variants, who must
    show no effect (p > 0.001). Source: Kohavi, Tang & Xu (2020), ch. 20.
    """
    split = split_check(counts, weights)
    complement = compare_estimates(kind, control, treatment, monitoring=Monitoring.FIXED)
    evidence = TriggerEvidence(split, complement)
    has_effect = complement.p_value is not None and complement.p_value <= COMPLEMENT_THRESHOLD
    # Both variances 0 and yet a difference: no p-value, but no chance either.
    has_effect |= complement.status is Status.ZERO_VARIANCE and bool(complement.effect)
    level = worst_level(split.level, CheckLevel.BLOCK if has_effect else CheckLevel.OK)
    if level is CheckLevel.OK:
        is_known = split.p_value is not None
        return Finding(
            Check.TRIGGERED,
            level,
            evidence,
            "Triggered units split as configured, and the others show no effect."
            if is_known
            else "No unit was triggered yet.",
            status=Status.OK if is_known else Status.INSUFFICIENT_DATA,
        )
    return _blocked(evidence, has_effect=has_effect)


def _blocked(evidence: TriggerEvidence, *, has_effect: bool) -> Finding[TriggerEvidence]:
    """Return the finding that names which of the two checks failed."""
    is_uneven = evidence.split.level is CheckLevel.BLOCK
    parts = []
    if is_uneven and evidence.split.p_value is not None:
        odds = p_value_text(evidence.split.p_value)
        parts.append(f"Triggered units did not split as configured (p {odds}).")
    if has_effect:
        parts.append("Units that the change could not reach show an effect.")
    return Finding(
        Check.TRIGGERED,
        CheckLevel.BLOCK,
        evidence,
        " ".join(parts),
        (SPLIT_CAUSES if is_uneven else ()) + (COMPLEMENT_CAUSES if has_effect else ()),
        ACTION,
        warnings=(WarningCode.SRM,) if is_uneven else (),
    )
