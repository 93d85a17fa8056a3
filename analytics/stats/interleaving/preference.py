"""Which ranking units prefer: the unit is what is tested, for its lists are not independent."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from scipy.stats import binomtest

from analytics.errors import InvalidInputError
from analytics.stats.compare import START_UNITS
from analytics.stats.interleaving.credit import winner_of
from analytics.stats.means import mean_estimate
from analytics.stats.moments import CentredMoments
from analytics.stats.multiplicity import holm
from analytics.stats.proportions import wilson_interval
from analytics.stats.references import Reference, StudentReference, require_alpha, upper_quantile
from analytics.stats.results import Interval, Monitoring, Plain, Status
from analytics.stats.sequential import SequentialReference
from analytics.stats.srm import as_counts


@dataclass(frozen=True, slots=True)
class Preference(Plain):
    """The mean score of the units, in [−1, 1], positive for b; None where it has no error."""

    n_units: int
    monitoring: Monitoring
    alpha: float
    status: Status
    value: float | None = None
    se: float | None = None
    statistic: float | None = None
    df: float | None = None
    p_value: float | None = None
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class SignTest(Plain):
    """The quick form: units with a winner, as coins. `share` of them who prefer b.

    `preference`: (wins_b + ½ ties) / total − ½, in [−½, ½]. None without any unit.
    """

    wins_a: int
    wins_b: int
    ties: int
    status: Status
    p_value: float | None
    share: float | None
    share_interval: Interval | None
    preference: float | None


@dataclass(frozen=True, slots=True)
class PairPreference(Plain):
    """Two of several rankings, by index; `p_adjusted` by Holm over all pairs."""

    first: int
    second: int
    preference: Preference
    p_adjusted: float | None


def unit_scores(outcomes: Iterable[tuple[str, int]]) -> dict[str, float]:
    """Return δ = (wins_b − wins_a) / (wins_b + wins_a + ties) of each unit.

    `outcomes`: unit id and winner (+1 for b, −1 for a, 0 for a tie) of each clicked list.

    >>> unit_scores([("u1", 1), ("u1", 0), ("u2", -1)])
    {'u1': 0.5, 'u2': -1.0}
    """
    by_unit: defaultdict[str, list[int]] = defaultdict(list)
    for unit_id, winner in outcomes:
        if winner not in (-1, 0, 1):
            raise InvalidInputError(f"a winner is -1, 0 or 1, was {winner}")
        by_unit[unit_id].append(winner)
    return {unit_id: sum(winners) / len(winners) for unit_id, winners in by_unit.items()}


def preference_test(
    scores: Sequence[float],
    *,
    monitoring: Monitoring = Monitoring.ALWAYS_VALID,
    alpha: float = 0.05,
    planned_n: int | None = None,
) -> Preference:
    """Return whether the mean unit score differs from 0.

    `scores`: δ of `unit_scores`. Fixed: one-sample t with n − 1 degrees of freedom.
    Always valid: the confidence sequence at n units, from 500 on, tuned to `planned_n`.
    Source: Chapelle, Joachims, Radlinski & Yue (2012), TOIS 30.
    """
    require_alpha(alpha)
    if not all(-1 <= score <= 1 for score in scores):
        raise InvalidInputError("unit scores must lie in [-1, 1]")
    n, mode = len(scores), Monitoring(monitoring)
    found = mean_estimate(CentredMoments.from_values(scores))
    is_watched = mode is Monitoring.ALWAYS_VALID
    if found.value is None or found.variance is None or (is_watched and n < START_UNITS):
        return Preference(n, mode, alpha, Status.INSUFFICIENT_DATA, found.value)
    se = math.sqrt(found.variance)
    if se == 0:
        return Preference(n, mode, alpha, Status.ZERO_VARIANCE, found.value)
    reference: Reference = (
        SequentialReference(alpha, n, planned_n) if is_watched else StudentReference(alpha, n - 1)
    )
    reach, statistic = reference.critical_value * se, found.value / se
    return Preference(
        n,
        mode,
        alpha,
        Status.OK,
        found.value,
        se,
        statistic,
        reference.df,
        reference.p_value(statistic),
        Interval(found.value - reach, found.value + reach),
    )


def sign_test(wins_a: int, wins_b: int, ties: int = 0, *, alpha: float = 0.05) -> SignTest:
    """Return the exact binomial test of units with a winner, and the preference Δ.

    Counts are units, not lists. Two-sided against ½; Wilson's interval of the share.
    Source: Chapelle, Joachims, Radlinski & Yue (2012), TOIS 30.

    >>> round(sign_test(460, 540, 500).preference, 9)
    0.026666667
    """
    require_alpha(alpha)
    wins_a, wins_b, ties = as_counts([wins_a, wins_b, ties])
    decided, total = wins_a + wins_b, wins_a + wins_b + ties
    preference = (wins_b + ties / 2) / total - 0.5 if total else None
    if not decided:
        status = Status.INSUFFICIENT_DATA
        return SignTest(wins_a, wins_b, ties, status, None, None, None, preference)
    return SignTest(
        wins_a,
        wins_b,
        ties,
        Status.OK,
        float(binomtest(wins_b, decided).pvalue),
        wins_b / decided,
        wilson_interval(wins_b, decided, alpha=alpha),
        preference,
    )


def units_to_detect(share: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the units with a winner that show a preferred share other than ½, unrounded.

    (z_{1−α/2}·½ + z_power·√(p(1 − p)))² / (p − ½)², two-sided.

    >>> round(units_to_detect(0.51), 4)
    19619.8413
    """
    if not 0 < share < 1 or share == 0.5:
        raise InvalidInputError(f"share must lie in (0, 1) and differ from 0.5, was {share}")
    if not 0 < power < 1:
        raise InvalidInputError(f"power must lie in (0, 1), was {power}")
    z_alpha, z_power = upper_quantile(require_alpha(alpha) / 2), upper_quantile(1 - power)
    return (z_alpha / 2 + z_power * math.sqrt(share * (1 - share))) ** 2 / (share - 0.5) ** 2


def pair_preferences(
    earned: Sequence[tuple[str, Sequence[int]]],
    *,
    monitoring: Monitoring = Monitoring.ALWAYS_VALID,
    alpha: float = 0.05,
    planned_n: int | None = None,
) -> tuple[PairPreference, ...]:
    """Return the test of every two of several rankings, Holm over the pairs.

    `earned`: unit id and credits per ranking of each clicked list of a multileaving.
    Positive values favour the second of a pair.
    """
    widths = {len(each) for _, each in earned}
    if len(widths) > 1:
        raise InvalidInputError(f"lists must have the same rankings, had {sorted(widths)}")
    pairs = list(combinations(range(widths.pop() if widths else 0), 2))
    tests = [
        preference_test(
            list(unit_scores((u, winner_of(c, first=i, second=j)) for u, c in earned).values()),
            monitoring=monitoring,
            alpha=alpha,
            planned_n=planned_n,
        )
        for i, j in pairs
    ]
    adjusted = holm([test.p_value for test in tests])
    return tuple(
        PairPreference(i, j, test, p)
        for (i, j), test, p in zip(pairs, tests, adjusted, strict=True)
    )
