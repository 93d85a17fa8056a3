"""Logged feedback: what a policy showed with which probability, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.errors import InvalidInputError
from analytics.stats.arrays import finite_array, require_between, require_same_shape

Floats = NDArray[np.float64]
LEAST_PROPENSITY = 1e-30  # smaller ones overflow once weights are squared, and are no odds


@dataclass(frozen=True, slots=True, eq=False)
class FeedbackLog:
    """Rows of one log, all arrays of shape (n,); build it with `FeedbackLog.of`.

    `rewards` r. `logged` μ: the probability with which the shown action was chosen.
    `target` π: the probability that the policy in question gives it. `predicted` q̂(a):
    the reward foretold for the shown action; `predicted_target` q̂(π): the mean of what
    is foretold under π. `units`: whose row it is; rows of a unit are not independent.
    """

    rewards: Floats
    logged: Floats
    target: Floats
    predicted: Floats | None = None
    predicted_target: Floats | None = None
    units: NDArray[np.generic] | None = None

    @classmethod
    def of(
        cls,
        rewards: ArrayLike,
        logged: ArrayLike,
        target: ArrayLike,
        *,
        predicted: ArrayLike | None = None,
        predicted_target: ArrayLike | None = None,
        units: Sequence[object] | None = None,
    ) -> Self:
        """Return the checked log.

        Raises InvalidInputError on a logged propensity outside (0, 1], a target
        probability outside [0, 1], on what is not finite and on shapes that differ.
        """
        r, mu = finite_array("rewards", rewards), finite_array("logged", logged)
        pi = require_between("target", finite_array("target", target), 0, 1)
        require_between("logged", mu, LEAST_PROPENSITY, 1)
        require_same_shape(rewards=r, logged=mu, target=pi)
        if (predicted is None) != (predicted_target is None):
            raise InvalidInputError("both predictions are needed, or none")
        q_a = None if predicted is None else finite_array("predicted", predicted)
        q_pi = None if predicted_target is None else finite_array("q̂(π)", predicted_target)
        if q_a is not None and q_pi is not None:
            require_same_shape(rewards=r, predicted=q_a, predicted_target=q_pi)
        if units is not None and len(units) != len(r):
            raise InvalidInputError(f"{len(units)} unit ids do not match {len(r)} rows")
        return cls(r, mu, pi, q_a, q_pi, None if units is None else np.asarray(units))

    @property
    def n(self) -> int:
        """Return the number of rows."""
        return len(self.rewards)

    @property
    def weights(self) -> Floats:
        """Return w = π / μ: how many times more often the target shows the action."""
        return self.target / self.logged

    def predictions(self) -> tuple[Floats, Floats]:
        """Return q̂(a) and q̂(π); raises InvalidInputError when the log has none."""
        if self.predicted is None or self.predicted_target is None:
            raise InvalidInputError("the estimator needs predictions of the rewards")
        return self.predicted, self.predicted_target

    def take(self, rows: NDArray[np.intp]) -> Self:
        """Return the log of the given rows, repeated where they repeat."""
        return type(self)(
            self.rewards[rows],
            self.logged[rows],
            self.target[rows],
            None if self.predicted is None else self.predicted[rows],
            None if self.predicted_target is None else self.predicted_target[rows],
            None if self.units is None else self.units[rows],
        )
