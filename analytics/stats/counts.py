"""Counts per unit: why their own Poisson variance is not to be believed."""

from dataclasses import dataclass

from analytics.errors import InvalidInputError
from analytics.stats.effects import judged_effect
from analytics.stats.moments import Moments
from analytics.stats.references import NormalReference
from analytics.stats.results import EffectTest, Plain, Status, WarningCode

MOST_DISPERSED = 1.2  # v / m; above it a Poisson test finds differences that are none


@dataclass(frozen=True, slots=True)
class PoissonTest(Plain):
    """The Poisson comparison of two counts, or why there is none.

    `dispersion`: v / m of control and treatment, None where nothing was counted. With
    the warning `overdispersed` the test is refused: `test` is None, Welch's is the one.
    """

    status: Status
    dispersion: tuple[float | None, float | None]
    test: EffectTest | None = None
    warnings: tuple[WarningCode, ...] = ()


def dispersion(moments: Moments) -> float | None:
    """Return v / m of a count per unit; 1 for Poisson. None below two units or without any.

    Raises InvalidInputError on a negative total.

    >>> dispersion(Moments.from_values([0, 0, 0, 4]))
    4.0
    """
    if moments.sum_y < 0:
        raise InvalidInputError(f"counts must not be negative, their sum was {moments.sum_y}")
    if moments.n < 2 or moments.sum_y == 0:
        return None
    return moments.scaled_yy / (moments.sum_y * (moments.n - 1))


def poisson_test(control: Moments, treatment: Moments, *, alpha: float = 0.05) -> PoissonTest:
    """Return the z-test of two rates with the Poisson variance m / n, where that may be used.

    Refused with `overdispersed` when v / m > 1.2 in either variant, which is the rule for
    counts of units: some are heavy users. Status `insufficient_data` below two units,
    `zero_variance` where neither variant counted anything.
    """
    NormalReference(alpha).critical_value  # noqa: B018  refuses a bad alpha whatever the data
    seen = (dispersion(control), dispersion(treatment))
    if control.n < 2 or treatment.n < 2:
        return PoissonTest(Status.INSUFFICIENT_DATA, seen)
    if any((each or 0.0) > MOST_DISPERSED for each in seen):
        return PoissonTest(Status.OK, seen, warnings=(WarningCode.OVERDISPERSED,))
    rates = [each.sum_y / each.n for each in (control, treatment)]
    variance = rates[0] / control.n + rates[1] / treatment.n
    if variance == 0:
        return PoissonTest(Status.ZERO_VARIANCE, seen)
    test = judged_effect(rates[1] - rates[0], variance**0.5, NormalReference(alpha))
    return PoissonTest(Status.OK, seen, test)
