"""What every registered recommender keeps, those of plug-ins included."""

from pathlib import Path

import numpy as np
import pytest

from recommenders.artifacts import score_unit
from recommenders.contract import CONTRACTS, Candidate
from recommenders.registry import available, recommender_class
from tests.recommenders.data import checkerboard, fitted, reloaded, scores_of

pytestmark = pytest.mark.parametrize("name", available())


@pytest.mark.parametrize("contract", CONTRACTS)
def test_recommender__contract__is_kept(name: str, contract: str) -> None:
    CONTRACTS[contract](Candidate(recommender_class(name)))


def test_artifact__saved_and_loaded__gives_the_same_scores(name: str, tmp_path: Path) -> None:
    data = checkerboard()
    recommender = fitted(name, data)
    expected = scores_of(recommender, *range(50))

    artifact = reloaded(tmp_path / "a", name, data, recommender)

    np.testing.assert_array_equal(scores_of(artifact.recommender, *range(50)), expected)
    one_by_one = [score_unit(artifact, f"unit-{unit:02d}") for unit in range(50)]
    # One row is multiplied by another routine than fifty, in another order of sums.
    np.testing.assert_allclose(one_by_one, expected, rtol=1e-4, atol=1e-5)
