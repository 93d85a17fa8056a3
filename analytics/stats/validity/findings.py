"""The one shape of every validity check's answer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from analytics.stats.results import CheckLevel, Plain, Status, WarningCode

EvidenceT = TypeVar("EvidenceT")


class Check(StrEnum):
    """What was looked at."""

    SPLIT = "split"
    SPLIT_BY = "split_by"
    MULTIPLE_EXPOSURE = "multiple_exposure"
    NOVELTY = "novelty"
    SIMPSON = "simpson"
    TRIGGERED = "triggered"
    PRE_EXPOSURE = "pre_exposure"
    CARRY_OVER = "carry_over"
    CALIBRATION = "calibration"
    OVERLAP = "overlap"


@dataclass(frozen=True, slots=True)
class Finding(Plain, Generic[EvidenceT]):
    """What a check found: how grave, on what evidence, why perhaps, and what to do.

    `causes`: the likeliest first, given the evidence; empty when all is well. `status`
    says why nothing could be judged; the level is then `ok`, for absence of data is no
    fault. `warnings`: the codes a comparison of the same data should carry.
    """

    check: Check
    level: CheckLevel
    evidence: EvidenceT
    summary: str
    causes: tuple[str, ...] = ()
    action: str = ""
    status: Status = Status.OK
    warnings: tuple[WarningCode, ...] = ()


def worst_level(*levels: CheckLevel) -> CheckLevel:
    """Return the gravest of the levels, `ok` without any.

    >>> worst_level(CheckLevel.OK, CheckLevel.BLOCK, CheckLevel.WARN).value
    'block'
    """
    return max(levels, key=list(CheckLevel).index, default=CheckLevel.OK)
