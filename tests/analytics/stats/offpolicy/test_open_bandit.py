"""The uniform policy judged from a real bandit's log, beside what a uniform log really gave."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.stats.offpolicy.diagnostics import check_overlap
from analytics.stats.offpolicy.estimators import clipped_ips, ips, snips
from analytics.stats.offpolicy.log import FeedbackLog
from analytics.stats.results import CheckLevel, WarningCode

ROOT = Path(__file__).parents[5] / "shared" / "data" / "open-bandit-small"
ITEMS = {"all": 80, "men": 34, "women": 46}

pytestmark = pytest.mark.skipif(
    not ROOT.is_dir(), reason="the Open Bandit sample is not beside the project"
)


def _columns(policy: str, campaign: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return clicks and logged propensities of one file."""
    with gzip.open(ROOT / policy / campaign / f"{campaign}.csv.gz", "rt", newline="") as file:
        rows = [(row["click"], row["propensity_score"]) for row in csv.DictReader(file)]
    clicks, propensities = zip(*rows, strict=True)
    return np.array(clicks, dtype=float), np.array(propensities, dtype=float)


def _uniform_from_bandit(campaign: str) -> FeedbackLog:
    clicks, propensities = _columns("bts", campaign)
    return FeedbackLog.of(clicks, propensities, np.full(len(clicks), 1 / ITEMS[campaign]))


@pytest.mark.parametrize(
    ("campaign", "mean_weight", "max_weight", "ess", "value", "se", "normalised"),
    [
        ("all", 1.0111, 277.8, 340.4, 0.002360, 0.000871, 0.002334),
        ("men", 0.9433, 178.3, 655.7, 0.003009, 0.000774, 0.003189),
        ("women", 3.1342, 21_739.1, 2.1, 0.007438, 0.004118, 0.002373),
    ],
)
def test_uniform__from_the_bandits_log__gives_the_recorded_figures(
    campaign: str,
    mean_weight: float,
    max_weight: float,
    ess: float,
    value: float,
    se: float,
    normalised: float,
) -> None:
    log = _uniform_from_bandit(campaign)
    overlap = check_overlap(log.weights).evidence

    assert overlap.mean_weight == pytest.approx(mean_weight, abs=5e-5)
    assert overlap.max_weight == pytest.approx(max_weight, abs=0.05)
    assert overlap.ess == pytest.approx(ess, abs=0.05)
    assert ips(log).value == pytest.approx(value, abs=5e-7)
    assert ips(log).se == pytest.approx(se, abs=5e-7)
    assert snips(log).value == pytest.approx(normalised, abs=5e-7)


def test_women__one_tiny_propensity__is_warned_of() -> None:
    found = check_overlap(_uniform_from_bandit("women").weights)

    assert found.level is CheckLevel.WARN
    assert found.warnings == (WarningCode.LOW_ESS,)
    assert (found.evidence.max_share or 0) > 0.5


@pytest.mark.parametrize("campaign", ITEMS)
def test_uniform__from_its_own_log__is_its_click_rate(campaign: str) -> None:
    clicks, propensities = _columns("random", campaign)
    log = FeedbackLog.of(clicks, propensities, np.full(len(clicks), 1 / ITEMS[campaign]))

    assert ips(log).value == pytest.approx(clicks.mean(), rel=1e-6)
    assert check_overlap(log.weights).level is CheckLevel.OK


@pytest.mark.parametrize("campaign", ITEMS)
def test_uniform__both_ways__agree_within_their_errors(campaign: str) -> None:
    clicks, _ = _columns("random", campaign)
    found = clipped_ips(_uniform_from_bandit(campaign))

    assert found.value is not None
    assert found.se is not None
    error = np.hypot(found.se, clicks.std() / np.sqrt(len(clicks)))
    assert abs(found.value - clicks.mean()) < 3 * error
