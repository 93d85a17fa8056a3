"""docs/metrics.md says of its example what the functions say."""

import re
from pathlib import Path

import numpy as np
import pytest

from recommenders.evaluation.definitions import METRICS
from recommenders.evaluation.judging import values_of
from recommenders.evaluation.spread import coverage, gini
from tests.recommenders.evaluation.example import ITEMS, facts, fold, lists, training

DOCUMENT = Path(__file__).parents[3] / "docs" / "metrics.md"
ROW = re.compile(r"^\| `(\w+)` \| .*? ((?:\| (?:[\d.]+|–) )+)\|$", re.MULTILINE)
TOLERANCE = 5e-5  # four decimals


def _told() -> dict[str, list[float]]:
    """Return the numbers that the document has for each key, NaN for a dash."""
    found = ROW.findall(DOCUMENT.read_text())
    return {
        key: [np.nan if cell == "–" else float(cell) for cell in re.findall(r"[\d.]+|–", cells)]
        for key, cells in found
    }


def test_document__keys__are_all_figures_and_no_other() -> None:
    assert set(_told()) == {each.key for each in METRICS}


@pytest.mark.parametrize("key", [each.key for each in METRICS if each.has_interval])
def test_document__figure_of_units__is_what_is_computed(key: str) -> None:
    values = values_of(lists(), fold(), facts())[key]

    *of_units, mean = _told()[key]
    assert of_units == pytest.approx(values.tolist(), abs=TOLERANCE, nan_ok=True)
    assert mean == pytest.approx(float(np.nanmean(values)), abs=TOLERANCE)


def test_document__figures_of_all_lists__are_what_is_computed() -> None:
    told = _told()

    assert told["coverage"] == [coverage(lists(), np.unique(training().item))]
    assert told["gini"] == pytest.approx([gini(lists(), len(ITEMS))], abs=TOLERANCE)


def test_document__implicits_precision__is_another_number() -> None:
    values = values_of(lists(), fold(), facts())
    hits = values["precision"].sum() * 3
    reachable = np.minimum(np.diff(fold().wanted.indptr), 3).sum()

    assert hits / reachable == pytest.approx(4 / 7)
    assert values["precision"].mean() == pytest.approx(1 / 3)
