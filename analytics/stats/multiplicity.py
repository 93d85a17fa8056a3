"""Corrections for asking several questions at once."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from analytics.errors import InvalidInputError
from analytics.stats.results import Comparison


class Adjustment(StrEnum):
    """How the p-values of one declared family are corrected."""

    BONFERRONI = "bonferroni"
    HOLM = "holm"
    BENJAMINI_HOCHBERG = "benjamini_hochberg"


_STATSMODELS_NAMES = {
    Adjustment.BONFERRONI: "bonferroni",
    Adjustment.HOLM: "holm",
    Adjustment.BENJAMINI_HOCHBERG: "fdr_bh",
}


def adjusted_p_values(p_values: Sequence[float | None], method: Adjustment) -> list[float | None]:
    """Return the adjusted p-values, at most 1, in the order of input.

    A missing p is left out of the family and stays missing. Always-valid p-values
    may be given as they are. Sources: Holm (1979); Benjamini & Hochberg (1995).

    >>> [round(p, 3) for p in adjusted_p_values([0.001, 0.012, 0.021], Adjustment.HOLM)]
    [0.003, 0.024, 0.024]
    """
    # Imported on first use: it brings pandas along, three seconds that no web process needs.
    from statsmodels.stats.multitest import multipletests

    known = [p for p in p_values if p is not None]
    if not all(0 <= p <= 1 for p in known):
        raise InvalidInputError(f"p-values must lie in [0, 1], were {known}")
    if not known:
        return list(p_values)
    adjusted = iter(multipletests(known, method=_STATSMODELS_NAMES[Adjustment(method)])[1])
    return [None if p is None else float(next(adjusted)) for p in p_values]


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return Holm's step-down p-values: the chance of any false claim stays below alpha."""
    return adjusted_p_values(p_values, Adjustment.HOLM)


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Return Benjamini–Hochberg p-values: the share of false claims stays below q."""
    return adjusted_p_values(p_values, Adjustment.BENJAMINI_HOCHBERG)


def adjust(family: Sequence[Comparison], method: Adjustment) -> list[Comparison]:
    """Return the comparisons of one family with `p_adjusted` and `adjustment` filled in.

    The family is the caller's claim: the primary metric over all treatments (Holm), or
    the secondary metrics times treatments (Benjamini–Hochberg). Guardrails stay out.
    """
    adjusted = adjusted_p_values([comparison.p_value for comparison in family], method)
    return [
        replace(each, p_adjusted=p_value, adjustment=Adjustment(method).value)
        for each, p_value in zip(family, adjusted, strict=True)
    ]
