"""How the false-alarm probability is spent over the information of a planned test."""

import math
from dataclasses import dataclass
from enum import StrEnum

from analytics.errors import InvalidInputError
from analytics.stats.references import require_alpha, upper_quantile, upper_tail


class SpendingFamily(StrEnum):
    """The shape of a spending function: late, even, or a power of the information."""

    OBRIEN_FLEMING = "obrien_fleming"
    POCOCK = "pocock"
    POWER = "power"


@dataclass(frozen=True, slots=True)
class Spending:
    """A spending function; `exponent` is that of the power family, else unused.

    Sources: Lan & DeMets (1983), Biometrika 70; Kim & DeMets (1987), Biometrika 74.
    """

    family: SpendingFamily = SpendingFamily.OBRIEN_FLEMING
    exponent: float = 3.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "family", SpendingFamily(self.family))
        if not (math.isfinite(self.exponent) and self.exponent > 0):
            raise InvalidInputError(f"exponent must be positive, was {self.exponent}")

    def one_side(self, information: float, level: float) -> float:
        """Return what one side may have spent at `information`, a fraction of the plan.

        O'Brien–Fleming type 2 − 2Φ(z at 1 − a/2 / √t), Pocock type a·ln(1 + (e − 1)t),
        power a·t^exponent, with a = `level`; all of it from t = 1 on. Raises
        InvalidInputError on a negative information or a level outside (0, 1).

        >>> round(Spending().one_side(0.8, 0.025), 8)
        0.01221179
        """
        require_alpha(level)
        if not (math.isfinite(information) and information >= 0):
            raise InvalidInputError(f"information must not be negative, was {information}")
        if information >= 1:
            return level
        if information == 0:
            return 0.0
        if self.family is SpendingFamily.OBRIEN_FLEMING:
            return 2 * upper_tail(upper_quantile(level / 2) / math.sqrt(information))
        if self.family is SpendingFamily.POCOCK:
            return level * math.log1p((math.e - 1) * information)
        return level * information**self.exponent

    def cumulative(self, information: float, alpha: float, *, sides: int = 2) -> float:
        """Return the probability spent by `information` over one side or both together.

        >>> round(Spending(SpendingFamily.POCOCK).cumulative(0.5, 0.05), 9)
        0.031005725
        """
        return sides * self.one_side(information, require_alpha(alpha) / sides)
