"""Regression adjustment of one treatment against control, with errors that hold."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.errors import InvalidInputError
from analytics.stats.columns import Floats, finite_array, require_same_length
from analytics.stats.effects import judged_effect
from analytics.stats.references import NormalReference
from analytics.stats.results import EffectTest, Plain, Status

SAME = 1e-10  # of the largest singular value: below it a covariate repeats others
SETTLED = 1e-9  # a leverage this close to 1 leaves a unit no residual to learn from


class Sandwich(StrEnum):
    """How squared residuals are scaled: e²/(1 − h) or e²/(1 − h)²."""

    HC2 = "hc2"
    HC3 = "hc3"


@dataclass(frozen=True, slots=True)
class RegressionEffect(Plain):
    """The adjusted effect; `n_covariates` counts those that vary and repeat no others."""

    status: Status
    n: int
    n_covariates: int
    sandwich: Sandwich
    effect: float | None = None
    se: float | None = None
    test: EffectTest | None = None


def lin_regression(
    y: ArrayLike,
    is_treated: ArrayLike,
    covariates: ArrayLike,
    *,
    sandwich: Sandwich = Sandwich.HC2,
    alpha: float = 0.05,
) -> RegressionEffect:
    """Return the effect from OLS of y on 1, T, (x − x̄), T·(x − x̄): the coefficient on T.

    Never less precise than the unadjusted difference in large samples, and the choice
    when the split is far from even. `y` and `is_treated`: (n,); `covariates`: (n,) or
    (n, k), fixed before exposure; x̄ over all units. Status `insufficient_data` when a
    variant has too few units for its line, `zero_variance` when residuals are all 0.
    Source: Lin (2013), Ann. Appl. Stat. 7:295; MacKinnon & White (1985) for HC2, HC3.
    """
    outcome, treated, x = _checked(y, is_treated, covariates)
    design = [np.ones(len(outcome)), treated, *x.T, *(x.T * treated)]
    return _fitted(outcome, np.column_stack(design), x.shape[1], sandwich, alpha)


def ancova(
    y: ArrayLike,
    is_treated: ArrayLike,
    covariates: ArrayLike,
    *,
    sandwich: Sandwich = Sandwich.HC2,
    alpha: float = 0.05,
) -> RegressionEffect:
    """Return the effect from OLS of y on 1, T, (x − x̄), one slope for both variants.

    The point estimate of CUPED with pooled θ. Arguments and statuses as `lin_regression`.
    """
    outcome, treated, x = _checked(y, is_treated, covariates)
    design = np.column_stack([np.ones(len(outcome)), treated, *x.T])
    return _fitted(outcome, design, x.shape[1], sandwich, alpha)


def _checked(
    y: ArrayLike, is_treated: ArrayLike, covariates: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Return outcome, treatment as 0 or 1, and an orthonormal basis of the covariates."""
    outcome, treated = finite_array("y", y), finite_array("is_treated", is_treated)
    x = finite_array("covariates", covariates, ndim=max(1, np.ndim(covariates)))
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2:
        raise InvalidInputError(f"covariates must be (n,) or (n, k), were {x.shape}")
    require_same_length([outcome, treated, x])
    if not np.isin(treated, (0, 1)).all():
        raise InvalidInputError("is_treated must hold zeros and ones")
    return outcome, treated, _basis(x)


def _basis(x: Floats) -> Floats:
    """Return orthonormal columns that span the centred covariates, without repetitions.

    The effect, its leverages and errors do not depend on the basis; the fit does not
    suffer from covariates on different scales.
    """
    if 0 in x.shape:
        return np.zeros((len(x), 0))
    centred = x - x.mean(axis=0)
    spread = np.sqrt((centred**2).mean(axis=0))
    varies = spread > 1e-12 * np.abs(x).max(axis=0)
    if not varies.any():
        return np.zeros((len(x), 0))
    left, sizes, _ = np.linalg.svd(centred[:, varies] / spread[varies], full_matrices=False)
    return left[:, sizes > SAME * sizes[0]] * np.sqrt(len(x))


def _fitted(
    y: Floats, design: Floats, n_covariates: int, sandwich: Sandwich, alpha: float
) -> RegressionEffect:
    """Return the coefficient of the second column with its sandwich error."""
    blank = RegressionEffect(Status.INSUFFICIENT_DATA, len(y), n_covariates, Sandwich(sandwich))
    reference = NormalReference(alpha)
    _ = reference.critical_value  # refuses a bad alpha whatever the data
    if len(y) <= design.shape[1] or not _has_full_rank(design):
        return blank
    q, r = np.linalg.qr(design)
    slack = 1 - (q**2).sum(axis=1)
    if (slack < SETTLED).any():
        return blank
    residuals = y - q @ (q.T @ y)
    row = np.linalg.solve(r, q.T)[1]  # effect = row · y
    weights = row**2 / slack ** (1 if sandwich == Sandwich.HC2 else 2)
    effect, variance = float(row @ y), float(weights @ residuals**2)
    if np.abs(residuals).max() <= 1e-13 * np.abs(y).max():
        return RegressionEffect(Status.ZERO_VARIANCE, len(y), n_covariates, blank.sandwich, effect)
    test = judged_effect(effect, float(np.sqrt(variance)), reference)
    return RegressionEffect(Status.OK, len(y), n_covariates, blank.sandwich, effect, test.se, test)


def _has_full_rank(design: NDArray[np.float64]) -> bool:
    return int(np.linalg.matrix_rank(design)) == design.shape[1]
