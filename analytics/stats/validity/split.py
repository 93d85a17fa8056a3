"""Whether units arrived as configured: in total, and in each segment or day to find the fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.errors import InvalidInputError
from analytics.stats.formats import number, p_value_text
from analytics.stats.multiplicity import holm
from analytics.stats.results import CheckLevel, Plain, SplitCheck, Status, WarningCode
from analytics.stats.srm import SRM_THRESHOLD, as_counts, split_check
from analytics.stats.validity.findings import Check, Finding

LEAK_CAUSES = (
    "a forced variant or a preview was counted as an exposure",
    "an instance still served an older configuration",
    "the storefront keeps its own copy of the variant",
)
SPLIT_CAUSES = (
    "one variant loses units before they are counted: an error, a time-out or a redirect",
    "exposures are logged at different places in the variants",
    "robots are filtered after, and because of, what a variant shows",
    "the weights or the seed were changed without a new phase",
)
PLACED_CAUSES = (
    "the variant fails on this part of the traffic alone",
    "its events are lost or late: a release, an outage, a blocked script",
    "the part is defined by something that the variant changes",
)
SPLIT_ACTION = "Do not read results; find the fault, then restart as a new phase."


@dataclass(frozen=True, slots=True)
class SplitEvidence(Plain):
    """The split over the variants that lend units, and units where none were due.

    `leaked`: units per variant of weight 0. `split`: None with fewer than two variants left.
    """

    leaked: tuple[int, ...]
    split: SplitCheck | None


@dataclass(frozen=True, slots=True)
class SplitPart(Plain):
    """One segment or day of a breakdown; `p_adjusted` by Holm over the parts."""

    name: str
    split: SplitCheck
    p_adjusted: float | None
    is_mismatched: bool


@dataclass(frozen=True, slots=True)
class BreakdownEvidence(Plain):
    """All parts of one breakdown, the most surprising first."""

    breakdown: str
    parts: tuple[SplitPart, ...]


def check_split(
    counts: Sequence[int], weights: Sequence[float], *, threshold: float = SRM_THRESHOLD
) -> Finding[SplitEvidence]:
    """Return whether units split as configured, and whether a variant of weight 0 met any.

    The χ² of `split_check`, over the variants of positive weight; a single unit in a
    variant of weight 0 blocks by itself, for no chance can put it there. Source:
    Fabijan et al. (2019), Diagnosing Sample Ratio Mismatch, KDD.

    >>> check_split([501, 499, 3], [1, 1, 0]).summary
    '3 units met a variant whose weight is 0.'
    """
    counts = as_counts(counts)
    if len(counts) != len(weights):
        raise InvalidInputError(f"{len(counts)} counts do not match {len(weights)} weights")
    leaked = tuple(c if w == 0 else 0 for c, w in zip(counts, weights, strict=True))
    due = [seen - lost for seen, lost in zip(counts, leaked, strict=True)]
    has_split = not sum(leaked) or sum(weight > 0 for weight in weights) > 1
    split = split_check(due, weights, threshold=threshold) if has_split else None
    evidence = SplitEvidence(leaked, split)
    return _leak(evidence) if sum(leaked) else _split(evidence, split)


def check_split_by(
    breakdown: str,
    counts: Mapping[str, Sequence[int]],
    weights: Sequence[float] | Mapping[str, Sequence[float]],
    *,
    threshold: float = SRM_THRESHOLD,
) -> Finding[BreakdownEvidence]:
    """Return which parts of a breakdown (platforms, countries, days …) split unlike the weights.

    `counts`: units per variant of each part; `weights`: of all parts, or by part where
    they changed. Holm over the parts holds the chance of any false alarm in this
    breakdown below `threshold`. A part without units is left out of the family.
    """
    by_part = weights if isinstance(weights, Mapping) else dict.fromkeys(counts, weights)
    if set(by_part) != set(counts):
        raise InvalidInputError(f"weights for {sorted(by_part)} do not fit {sorted(counts)}")
    splits = {
        name: split_check(counts[name], by_part[name], threshold=threshold) for name in counts
    }
    adjusted = holm([split.p_value for split in splits.values()])
    parts = [
        SplitPart(name, split, p, p is not None and p < threshold)
        for (name, split), p in zip(splits.items(), adjusted, strict=True)
    ]
    parts.sort(key=lambda part: 2 if part.split.p_value is None else part.split.p_value)
    return _breakdown(BreakdownEvidence(breakdown, tuple(parts)))


def _leak(evidence: SplitEvidence) -> Finding[SplitEvidence]:
    units = number(sum(evidence.leaked))
    return Finding(
        Check.SPLIT,
        CheckLevel.BLOCK,
        evidence,
        f"{units} units met a variant whose weight is 0.",
        LEAK_CAUSES,
        SPLIT_ACTION,
        warnings=(WarningCode.SRM,),
    )


def _split(evidence: SplitEvidence, split: SplitCheck | None) -> Finding[SplitEvidence]:
    if split is None or split.p_value is None:
        return Finding(
            Check.SPLIT,
            CheckLevel.OK,
            evidence,
            "No unit was exposed yet.",
            status=Status.INSUFFICIENT_DATA,
        )
    odds = f"p {p_value_text(split.p_value)}"
    if split.level is CheckLevel.OK:
        return Finding(Check.SPLIT, CheckLevel.OK, evidence, f"Units split as configured ({odds}).")
    return Finding(
        Check.SPLIT,
        split.level,
        evidence,
        f"Units did not split as configured ({odds}).",
        SPLIT_CAUSES,
        SPLIT_ACTION,
        warnings=(WarningCode.SRM,),
    )


def _breakdown(evidence: BreakdownEvidence) -> Finding[BreakdownEvidence]:
    seen = [part for part in evidence.parts if part.split.p_value is not None]
    wrong = [part for part in seen if part.is_mismatched]
    if not wrong:
        return Finding(
            Check.SPLIT_BY,
            CheckLevel.OK,
            evidence,
            f"All {evidence.breakdown} split as configured."
            if seen
            else f"None of the {evidence.breakdown} has units yet.",
            status=Status.OK if seen else Status.INSUFFICIENT_DATA,
        )
    # A fault in every part is no fault of one part: the general causes come first then.
    is_everywhere = len(wrong) == len(seen) > 1
    names = ", ".join(part.name for part in wrong)
    return Finding(
        Check.SPLIT_BY,
        CheckLevel.BLOCK,
        evidence,
        f"{len(wrong)} of {len(seen)} {evidence.breakdown} did not split as configured: {names}.",
        (*SPLIT_CAUSES, *PLACED_CAUSES) if is_everywhere else (*PLACED_CAUSES, *SPLIT_CAUSES),
        SPLIT_ACTION,
        warnings=(WarningCode.SRM,),
    )
