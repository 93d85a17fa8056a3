"""Whether what an earlier phase or experiment did to the units still shows in this one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from analytics.errors import InvalidInputError
from analytics.stats.formats import p_value_text
from analytics.stats.results import CheckLevel, Estimate, Plain, Status
from analytics.stats.segments.effects import segment_effects
from analytics.stats.segments.heterogeneity import Heterogeneity, heterogeneity
from analytics.stats.srm import as_counts
from analytics.stats.validity.findings import Check, Finding

DEPENDENCE_THRESHOLD = 0.001  # blocks: the same seed was used twice
DIFFERENCE_THRESHOLD = 0.01  # warns: the effect depends on what the unit met before

SEED_CAUSES = (
    "both use the same seed, so that the same units meet again",
    "an eligibility rule refers to what the earlier experiment did",
)
LASTING_CAUSES = (
    "units remember what the earlier variant showed them",
    "the recommender learned from the clicks of the earlier variant",
    "the earlier variant changed which of its units came back",
)


@dataclass(frozen=True, slots=True)
class CarryOverEvidence(Plain):
    """Independence of earlier and present variant (χ²), and the effect by earlier variant."""

    statistic: float | None
    df: int
    p_value: float | None
    by_earlier: Heterogeneity


def check_carry_over(
    table: Sequence[Sequence[int]], effects: Mapping[str, tuple[Estimate, Estimate]]
) -> Finding[CarryOverEvidence]:
    """Return whether an earlier split reaches into this one.

    `table`: units by earlier variant (rows) and present variant (columns), which must
    be independent: Pearson's χ², blocks below 0.001. `effects`: control and treatment
    of the metric by earlier variant; Cochran's Q over them, warns below 0.01. Sources:
    Kohavi et al. (2012), Trustworthy Online Controlled Experiments: Five Puzzling
    Outcomes Explained, KDD (carry-over); Cochran (1954) for Q.
    """
    statistic, df = _independence(table)
    p_value = None if statistic is None else float(chdtrc(df, statistic))
    found = heterogeneity(segment_effects(effects))
    evidence = CarryOverEvidence(statistic, df, p_value, found)
    if p_value is not None and p_value < DEPENDENCE_THRESHOLD:
        return Finding(
            Check.CARRY_OVER,
            CheckLevel.BLOCK,
            evidence,
            f"The present variant depends on the earlier one (p {p_value_text(p_value)}).",
            SEED_CAUSES,
            "Do not read results; restart with a new seed.",
        )
    return _lasting(evidence)


def _lasting(evidence: CarryOverEvidence) -> Finding[CarryOverEvidence]:
    """Return the finding on the effect by earlier variant."""
    p_value = evidence.by_earlier.p_value
    if p_value is not None and p_value < DIFFERENCE_THRESHOLD:
        return Finding(
            Check.CARRY_OVER,
            CheckLevel.WARN,
            evidence,
            f"The effect differs by what units met before (p {p_value_text(p_value)}).",
            LASTING_CAUSES,
            "Wait until the earlier effect has faded, or read only units that were in neither.",
        )
    is_known = p_value is not None or evidence.p_value is not None
    return Finding(
        Check.CARRY_OVER,
        CheckLevel.OK,
        evidence,
        "Nothing of the earlier split shows in this one."
        if is_known
        else "No unit was in both yet.",
        status=Status.OK if is_known else Status.INSUFFICIENT_DATA,
    )


def _independence(table: Sequence[Sequence[int]]) -> tuple[float | None, int]:
    """Return χ² and df over the rows and columns that hold units; None where nothing varies."""
    rows = [as_counts(row) for row in table]
    if not rows or len({len(row) for row in rows}) != 1:
        raise InvalidInputError("the table must have rows of one length")
    counts = np.array(rows, dtype=np.float64)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    df = max(0, counts.shape[0] - 1) * max(0, counts.shape[1] - 1)
    if df == 0:
        return None, 0
    due = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    return float(((counts - due) ** 2 / due).sum()), df
