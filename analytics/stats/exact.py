"""Tests for tables with an expected cell below 5: diagnostics beside the unpooled statistic."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import barnard_exact, boschloo_exact, fisher_exact

from analytics.errors import InvalidInputError
from analytics.stats.results import Plain

EXACT_BELOW = 5.0  # expected units in the smallest cell
MOST_TABLES = 100_000  # of the same margins; beyond it a search takes more than a second


@dataclass(frozen=True, slots=True)
class ExactTests(Plain):
    """Two-sided p-values of one 2 × 2 table; Barnard's is the default, Fisher's conservative.

    Barnard's and Boschloo's are None where the variants are too large to search.
    """

    barnard_statistic: float | None
    barnard_p: float | None
    boschloo_p: float | None
    fisher_p: float


def needs_exact(x_a: int, n_a: int, x_b: int, n_b: int) -> bool:
    """Tell whether an expected cell of the table holds fewer than 5 units."""
    total, successes = n_a + n_b, x_a + x_b
    if not total:
        return True
    rarest = min(successes, total - successes)
    return min(n_a, n_b) * rarest / total < EXACT_BELOW


def exact_tests(x_a: int, n_a: int, x_b: int, n_b: int) -> ExactTests | None:
    """Return Barnard (pooled Wald), Boschloo and Fisher; None when all or no units succeeded.

    The time of the first two grows with the product of the variants' units: above 100 000
    possible tables only Fisher's is computed. Sources: Barnard (1945), Nature 156;
    Boschloo (1970), Stat. Neerl. 24; Fisher (1935).
    """
    if not (0 <= x_a <= n_a and 0 <= x_b <= n_b and n_a and n_b):
        raise InvalidInputError(f"not a table of shares: {x_a}/{n_a} and {x_b}/{n_b}")
    if x_a + x_b in (0, n_a + n_b):
        return None
    table = np.array([[x_a, x_b], [n_a - x_a, n_b - x_b]])  # SciPy's groups are the columns
    fisher_p = float(fisher_exact(table).pvalue)
    if (n_a + 1) * (n_b + 1) > MOST_TABLES:
        return ExactTests(None, None, None, fisher_p)
    barnard = barnard_exact(table)
    return ExactTests(
        barnard_statistic=float(barnard.statistic),
        barnard_p=float(barnard.pvalue),
        boschloo_p=float(boschloo_exact(table).pvalue),
        fisher_p=fisher_p,
    )
