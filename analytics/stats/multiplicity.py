"""Corrections for asking several questions at once."""

import math
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.errors import InvalidInputError
from analytics.stats.references import require_alpha
from analytics.stats.results import Comparison

Floats = NDArray[np.float64]


class Adjustment(StrEnum):
    """How the p-values of one declared family are corrected."""

    BONFERRONI = "bonferroni"
    SIDAK = "sidak"
    HOLM = "holm"
    HOCHBERG = "hochberg"
    BENJAMINI_HOCHBERG = "benjamini_hochberg"
    BENJAMINI_YEKUTIELI = "benjamini_yekutieli"

    @property
    def controls_fdr(self) -> bool:
        """Tell whether the share of false claims is held down, not the chance of any."""
        return self in (Adjustment.BENJAMINI_HOCHBERG, Adjustment.BENJAMINI_YEKUTIELI)


def adjusted_p_values(p_values: Sequence[float | None], method: Adjustment) -> list[float | None]:
    """Return the adjusted p-values, at most 1, in the order of input.

    A missing p is left out of the family and stays missing. Always-valid p-values
    may be given as they are. Over the m known, sorted: Bonferroni m·p; Šidák
    1 − (1 − p)^m (independent tests); Holm (m − i + 1)·p with the running maximum;
    Hochberg the same with the running minimum from the top (independent or positively
    dependent tests); Benjamini–Hochberg m·p/i, running minimum; Benjamini–Yekutieli
    that times Σ 1/i (any dependence). Raises InvalidInputError outside [0, 1]. Sources:
    Holm (1979); Hochberg (1988); Benjamini & Hochberg (1995); Benjamini & Yekutieli (2001).

    >>> [round(p, 3) for p in adjusted_p_values([0.001, 0.012, 0.021], Adjustment.HOLM)]
    [0.003, 0.024, 0.024]
    """
    known = np.array([p for p in p_values if p is not None], dtype=np.float64)
    if not ((known >= 0) & (known <= 1)).all():
        raise InvalidInputError(f"p-values must lie in [0, 1], were {known.tolist()}")
    order = np.argsort(known, kind="stable")
    adjusted = np.empty_like(known)
    adjusted[order] = np.minimum(_adjust_sorted(known[order], Adjustment(method)), 1.0)
    found = iter(adjusted.tolist())
    return [None if p is None else next(found) for p in p_values]


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return Holm's step-down p-values: the chance of any false claim stays below alpha."""
    return adjusted_p_values(p_values, Adjustment.HOLM)


def hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Return Hochberg's step-up p-values: never above Holm's, for tests not opposed."""
    return adjusted_p_values(p_values, Adjustment.HOCHBERG)


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


def simultaneous_alpha(m: int, method: Adjustment, *, alpha: float = 0.05) -> float:
    """Return the alpha of each interval so that all m hold together with 1 − alpha.

    alpha / m, or for Šidák 1 − (1 − alpha)^{1/m}. Holm and Hochberg get Bonferroni's,
    which are valid if a little wider than they must be. Raises InvalidInputError for a
    method that controls the false discovery rate: see `selected_alpha`.
    """
    _require_family(m)
    method = Adjustment(method)
    if method.controls_fdr:
        raise InvalidInputError(f"{method} has intervals for what it selects only")
    if method is Adjustment.SIDAK:
        return -math.expm1(math.log1p(-require_alpha(alpha)) / m)
    return require_alpha(alpha) / m


def selected_alpha(n_selected: int, m: int, *, q: float = 0.05) -> float:
    """Return the alpha of each interval of what Benjamini–Hochberg selected: R·q / m.

    Among intervals so made, on average at most the share q misses (false coverage
    rate). Source: Benjamini & Yekutieli (2005), JASA 100.

    >>> selected_alpha(2, 40, q=0.05)
    0.0025
    """
    _require_family(m)
    if not 1 <= n_selected <= m:
        raise InvalidInputError(f"selected must lie in 1..{m}, was {n_selected}")
    return n_selected * require_alpha(q) / m


def fcr_alphas(
    p_values: Sequence[float | None],
    *,
    q: float = 0.05,
    method: Adjustment = Adjustment.BENJAMINI_HOCHBERG,
) -> list[float | None]:
    """Return, for what is selected at q, the alpha of its interval; None for the rest.

    The intervals come from `compare(..., alpha=)`; in the order of input. With
    Benjamini–Yekutieli selection the level is divided by Σ 1/i too.
    """
    method = Adjustment(method)
    adjusted = adjusted_p_values(p_values, method)
    is_selected = [p is not None and p <= require_alpha(q) for p in adjusted]
    m = sum(p is not None for p in p_values)
    if not any(is_selected):
        return [None] * len(adjusted)
    level = selected_alpha(sum(is_selected), m, q=q)
    if method is Adjustment.BENJAMINI_YEKUTIELI:
        level /= _harmonic(m)
    return [level if each else None for each in is_selected]


def _adjust_sorted(p: Floats, method: Adjustment) -> Floats:
    """Return the adjusted values of increasing p, before they are capped at 1."""
    m = len(p)
    rank = np.arange(1, m + 1)
    if method is Adjustment.BONFERRONI:
        return p * m
    if method is Adjustment.SIDAK:
        # log1p and expm1 keep a p far below rounding; p = 1 has no logarithm.
        return np.where(p < 1, -np.expm1(m * np.log1p(-np.minimum(p, 1 - 1e-16))), 1.0)
    if method is Adjustment.HOLM:
        return np.maximum.accumulate((m - rank + 1) * p)
    factor: Floats = m / rank
    if method is Adjustment.HOCHBERG:
        factor = (m - rank + 1).astype(np.float64)
    elif method is Adjustment.BENJAMINI_YEKUTIELI:
        factor = factor * _harmonic(m)
    return np.minimum.accumulate((factor * p)[::-1])[::-1]


def _harmonic(m: int) -> float:
    """Return 1 + 1/2 + … + 1/m."""
    return math.fsum(1 / rank for rank in range(1, m + 1))


def _require_family(m: int) -> None:
    if m < 1:
        raise InvalidInputError(f"a family has at least one question, was given {m}")
