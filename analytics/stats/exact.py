"""Tests for tables with an expected cell below 5: diagnostics beside the unpooled statistic."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import barnard_exact, boschloo_exact

from analytics.errors import InvalidInputError
from analytics.stats.results import Plain

EXACT_BELOW = 5.0  # expected units in the smallest cell
MOST_TABLES = 100_000  # of the same margins; beyond it a search takes more than a second
MOST_SPLITS = 1_000_000  # of the successes; beyond it no cell is small and nobody needs Fisher
TIE = 1e-7  # tables this nearly as likely as the one seen count as equally likely


@dataclass(frozen=True, slots=True)
class ExactTests(Plain):
    """Two-sided p-values of one 2 × 2 table; Barnard's is the default, Fisher's conservative.

    Barnard's and Boschloo's are None where the variants are too large to search, Fisher's
    where every cell is.
    """

    barnard_statistic: float | None
    barnard_p: float | None
    boschloo_p: float | None
    fisher_p: float | None


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
    possible tables only Fisher's is computed, and not even that above a million splits of
    the successes. Sources: Barnard (1945), Nature 156; Boschloo (1970), Stat. Neerl. 24;
    Fisher (1935).
    """
    if not (0 <= x_a <= n_a and 0 <= x_b <= n_b and n_a and n_b):
        raise InvalidInputError(f"not a table of shares: {x_a}/{n_a} and {x_b}/{n_b}")
    if x_a + x_b in (0, n_a + n_b):
        return None
    fisher_p = _fisher_p(x_a, n_a, x_a + x_b, n_b)
    if (n_a + 1) * (n_b + 1) > MOST_TABLES:
        return ExactTests(None, None, None, fisher_p)
    table = np.array([[x_a, x_b], [n_a - x_a, n_b - x_b]])  # SciPy's groups are the columns
    barnard = barnard_exact(table)
    return ExactTests(
        barnard_statistic=float(barnard.statistic),
        barnard_p=float(barnard.pvalue),
        boschloo_p=float(boschloo_exact(table).pvalue),
        fisher_p=fisher_p,
    )


def _fisher_p(x_a: int, n_a: int, successes: int, n_b: int) -> float | None:
    """Return the probability of all splits of the successes no likelier than the one seen.

    The hypergeometric law from the ratios of its neighbours, ((K − k)(n_a − k)) /
    ((k + 1)(n_b − K + k + 1)): SciPy's takes minutes at 10¹² units.
    """
    low, high = max(0, successes - n_b), min(successes, n_a)
    if high - low > MOST_SPLITS:
        return None
    k = np.arange(low, high, dtype=np.float64)
    ahead = np.log(successes - k) + np.log(n_a - k)
    behind = np.log(k + 1) + np.log(n_b - successes + k + 1)
    logs = np.concatenate([[0.0], np.cumsum(ahead - behind)])
    odds = np.exp(logs - logs.max())
    is_rarer = odds <= odds[x_a - low] * (1 + TIE)
    return min(1.0, float(odds[is_rarer].sum() / odds.sum()))
