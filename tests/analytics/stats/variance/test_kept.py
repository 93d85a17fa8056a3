"""The variance that a past leaves, beside the plain correlation and the adjusted comparison."""

import numpy as np
import pytest

from analytics.stats.results import Kind
from analytics.stats.samples import Sample
from analytics.stats.variance.cuped import compare_cuped
from analytics.stats.variance.kept import variance_kept


def sample(seed: int, pull: float) -> Sample:
    rng = np.random.default_rng(seed)
    w, x, v = rng.poisson(4, 900), rng.poisson(6, 900) + 1, rng.poisson(6, 900) + 1
    y = np.round(pull * w + rng.normal(0, 2, 900))
    return Sample.from_columns({"y": y, "x": x, "w": w, "v": v})


@pytest.mark.parametrize("pull", [-2.0, 0.3, 1.0])
def test_variance_kept__of_a_mean__is_one_less_the_squared_correlation(pull: float) -> None:
    found = sample(1, pull)
    products = found.product_matrix(("y", "w"))
    rho = products[0, 1] / np.sqrt(products[0, 0] * products[1, 1])

    assert variance_kept(found) == pytest.approx(1 - rho**2, rel=1e-9)


def test_variance_kept__is_what_the_adjusted_comparison_then_has_left() -> None:
    variants = [sample(1, 1.0), sample(2, 1.0)]
    (compared,) = compare_cuped(variants, covariates=["w"])

    assert variance_kept(variants[0]) == pytest.approx(compared.variance_ratio, abs=0.02)


def test_variance_kept__of_a_ratio__looks_at_both_ratios() -> None:
    found = variance_kept(sample(3, 2.0), kind=Kind.RATIO)

    assert found is not None
    assert found < 0.9
    assert found != pytest.approx(variance_kept(sample(3, 2.0)), rel=0.01)


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"y": [1, 2, 3], "w": [0, 0, 0]}, Kind.MEAN),
        ({"y": [1, 1, 1], "w": [1, 2, 3]}, Kind.MEAN),
        ({"y": [1, 2, 3]}, Kind.MEAN),
        ({"y": [1], "w": [1]}, Kind.MEAN),
        ({"y": [1, 2, 3], "x": [1, 1, 1], "w": [1, 2, 0], "v": [0, 0, 0]}, Kind.RATIO),
    ],
)
def test_variance_kept__nothing_to_explain_or_explain_with__is_none(
    columns: dict[str, list[int]], kind: Kind
) -> None:
    assert variance_kept(Sample.from_columns(columns), kind=kind) is None


def test_variance_kept__past_that_tells_all__leaves_a_little() -> None:
    found = variance_kept(Sample.from_columns({"y": [2, 4, 6, 8], "w": [1, 2, 3, 4]}))

    assert found is not None
    assert 0 < found < 1e-6
