"""Units seen in several variants, as a finding."""

import pytest

from analytics.stats.results import CheckLevel, Status
from analytics.stats.validity.multiple_exposure import CAUSES, check_multiple_exposure


@pytest.mark.parametrize(
    ("n_multiple", "level"),
    [(10, CheckLevel.OK), (11, CheckLevel.WARN), (100, CheckLevel.WARN), (101, CheckLevel.BLOCK)],
)
def test_multiple__share__sets_level_and_action(n_multiple: int, level: CheckLevel) -> None:
    found = check_multiple_exposure(n_multiple, 10_000)

    assert found.level is level
    assert bool(found.action) == (level is not CheckLevel.OK)
    assert found.causes == (() if level is CheckLevel.OK else CAUSES)


def test_multiple__uneven_split__says_that_leaving_out_biases() -> None:
    assert "biases" in check_multiple_exposure(30, 10_000, weights=[9, 1]).summary
    assert "biases" not in check_multiple_exposure(30, 10_000).summary


def test_multiple__no_units__is_insufficient() -> None:
    found = check_multiple_exposure(0, 0)

    assert (found.level, found.status) == (CheckLevel.OK, Status.INSUFFICIENT_DATA)


@pytest.mark.parametrize("counts", [(-1, 10), (11, 10), (0.5, 10)])
def test_multiple__impossible_counts__raises(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        check_multiple_exposure(*counts)
