"""A share of runs beside what it should be: which ones stray."""

import math

import pytest

from benchmarks._planted.figures import Figure, share_of


@pytest.mark.parametrize(
    ("hits", "side", "is_within"),
    [
        (950, 0, True),
        (972, 0, True),
        (973, 0, False),
        (928, 0, True),
        (927, 0, False),
        (1000, 1, False),
        (900, 1, True),
        (900, -1, False),
        (1000, -1, True),
        (0, None, True),
    ],
)
def test_figure__a_share_of_1000_runs__may_stray_3_3_errors_to_its_side(
    hits: int, side: int | None, is_within: bool
) -> None:
    assert Figure("coverage", hits, 1000, 0.95, side).is_within == is_within


def test_figure__target_that_was_measured__adds_its_own_error() -> None:
    figure = Figure("power", 800, 1000, 0.8, target_error=0.02)

    assert figure.band == pytest.approx(3.3 * math.hypot(math.sqrt(0.16 / 1000), 0.02))


def test_share__of_runs__counts_them() -> None:
    figure = share_of("found", iter([True, False, True, True]), 0.8)

    assert (figure.hits, figure.runs, figure.share) == (3, 4, 0.75)
