"""Beliefs about the mean of a variant."""

import numpy as np
import pytest
from scipy import stats

from analytics.stats.adaptive.posteriors import (
    BetaPosterior,
    NormalPosterior,
    Posterior,
    beta_posterior,
    normal_posterior,
)


def test_normal__reference_case__gives_the_published_values() -> None:
    found = normal_posterior(50, 2.4, variance=9, prior_mean=2, prior_n=10)

    # ▸ §15
    assert found.mean == pytest.approx(2.333333333, rel=1e-6)
    assert found.sd == pytest.approx(0.3872983346, rel=1e-6)


def test_normal__no_outcome__is_the_prior() -> None:
    found = normal_posterior(0, 0.0, variance=9, prior_mean=2, prior_n=9)

    assert (found.mean, found.sd) == (2, 1)


def test_beta__counts__are_added_to_the_prior() -> None:
    assert beta_posterior(10**12, 5, prior=(2, 3)) == BetaPosterior(10**12 + 2, 8)


@pytest.mark.parametrize(
    ("posterior", "expected"),
    [(BetaPosterior(3, 8), stats.beta(3, 8)), (NormalPosterior(2, 0.5), stats.norm(2, 0.5))],
)
def test_posterior__functions__agree_with_scipy(
    posterior: Posterior, expected: stats.rv_continuous, rng: np.random.Generator
) -> None:
    p = np.array([0.01, 0.3, 0.5, 0.99])

    assert posterior.quantile(p) == pytest.approx(expected.ppf(p), rel=1e-9)
    assert posterior.cdf(expected.ppf(p)) == pytest.approx(p, rel=1e-9)
    assert stats.kstest(posterior.draw(2000, rng), expected.cdf).pvalue > 0.001


@pytest.mark.parametrize("counts", [(-1, 2), (1.5, 2), (float("nan"), 1)])
def test_beta__impossible_counts__raises(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        beta_posterior(*counts)


@pytest.mark.parametrize(
    "wrong",
    [
        {"variance": 0.0, "prior_mean": 0.0, "prior_n": 1.0},
        {"variance": 1.0, "prior_mean": 0.0, "prior_n": 0.0},
        {"variance": 1.0, "prior_mean": float("nan"), "prior_n": 1.0},
        {"variance": float("inf"), "prior_mean": 0.0, "prior_n": 1.0},
    ],
)
def test_normal__impossible_settings__raises(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        normal_posterior(3, 1.0, **wrong)
