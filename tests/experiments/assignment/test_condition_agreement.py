"""Thousands of random conditions: their normal form is answered as the released client answers."""

from collections import Counter
from typing import Any

import pytest
from growthbook.core import evalCondition

from experiments.assignment.condition.matching import matches
from experiments.assignment.condition.normal import normalise
from tests.experiments.assignment.random_conditions import (
    ALL_OPERATORS,
    GROUPS,
    operators_in,
    random_pairs,
)

PAIRS = 6_000
# Operators that the normal form writes as others.
REPLACED = {"$regexi", "$notRegex", "$notRegexi", "$inGroup", "$notInGroup"}


@pytest.fixture(scope="module")
def pairs() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return list(random_pairs(PAIRS, seed=7))


def test_random_pairs__of_conditions_and_attributes__hold_everything_that_there_is(
    pairs: list[tuple[dict[str, Any], dict[str, Any]]],
) -> None:
    written = Counter(name for condition, _ in pairs for name in operators_in(condition))
    kinds = {type(value) for _, attributes in pairs for value in attributes.values()}

    assert set(written) == ALL_OPERATORS
    assert min(written.values()) > PAIRS / 100
    assert kinds == {str, int, float, bool, type(None), list, dict}
    assert sum(len(attributes) < 9 for _, attributes in pairs) > PAIRS / 2


def test_normal_form__of_random_conditions__agrees_with_the_released_client(
    pairs: list[tuple[dict[str, Any], dict[str, Any]]],
) -> None:
    met = 0
    seen: set[str] = set()
    for condition, attributes in pairs:
        normal = normalise(condition, GROUPS)
        ours = matches(normal, attributes)
        met += ours
        seen |= operators_in(normal)

        assert ours is evalCondition(attributes, normal), (normal, attributes)
    assert PAIRS / 5 < met < PAIRS * 4 / 5
    assert seen == ALL_OPERATORS - REPLACED
