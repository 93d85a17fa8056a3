"""Stored sufficient statistics of any form."""

import json

import pytest

from analytics.errors import InvalidInputError
from analytics.stats.exact_samples import ExactSample
from analytics.stats.moments import CentredMoments, Moments
from analytics.stats.reading import Statistics, read_statistics
from analytics.stats.samples import Sample
from analytics.stats.shape import Shape
from analytics.stats.value_counts import ValueCounts

EVERY = [
    Moments.from_values([2**70, 5], [1, 2]),
    CentredMoments.from_values([0.1, 0.7]),
    Sample.from_columns({"y": [0.1, 0.7], "x": [1, 2]}),
    ExactSample.from_columns({"y": [2**70, 7], "x": [1, 2]}),
    Shape.from_values([0.1, 0.7, 5]),
    ValueCounts.from_values([0, 0, 7]),
]


@pytest.mark.parametrize("statistics", EVERY, ids=lambda each: type(each).__name__)
def test_read_statistics__any_form__reads_back_the_same(statistics: Statistics) -> None:
    stored = json.loads(json.dumps(statistics.to_dict(), allow_nan=False))

    found = read_statistics(stored)

    assert type(found) is type(statistics)
    assert found == statistics


@pytest.mark.parametrize("statistics", EVERY, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("version", [0, 2, None, "1"])
def test_read_statistics__another_version__raises(statistics: Statistics, version: object) -> None:
    with pytest.raises(InvalidInputError, match="version"):
        read_statistics(statistics.to_dict() | {"version": version})


def test_read_statistics__unknown_form__names_those_there_are() -> None:
    with pytest.raises(InvalidInputError, match=r"'sketch'.*value_counts"):
        read_statistics({"form": "sketch", "version": 1})
