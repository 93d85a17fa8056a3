"""Conditions for the agreement run: together they hold every operator, each splits the units."""

import random
from collections.abc import Iterator
from typing import Any

from experiments.assignment.condition.matching import matches
from experiments.assignment.condition.normal import ConditionError, normalise
from tests.experiments.assignment.random_conditions import (
    GROUPS,
    operators_in,
    random_attributes,
    random_pairs,
)

Condition = dict[str, Any]
BAGS = 80  # attribute sets that a condition is tried on
MET = (0.3, 0.6)  # the share of units that a condition lets in
PARTS = 6


def telling_conditions(count: int, *, seed: int) -> list[Condition]:
    """Return conditions in normal form, each met by about half of all units.

    Every operator that any normal form holds is in one of them, in a part that some units meet and
    some do not.
    """
    rng = random.Random(seed)
    bags = [random_attributes(rng) for _ in range(BAGS)]
    parts = _telling_parts(seed, bags)
    out = []
    for place in range(count):
        must = _one_of_each(parts)[place::count]
        out.append(_composed(rng, must, parts, bags))
    return out


def _telling_parts(seed: int, bags: list[dict[str, Any]]) -> list[Condition]:
    normal = _normal(seed)
    return [part for part in normal if 0.04 < _share_met(part, bags) < 0.96]


def _normal(seed: int) -> Iterator[Condition]:
    for condition, _attributes in random_pairs(1_000, seed=seed):
        try:
            yield normalise(condition, GROUPS)
        except ConditionError:
            continue


def _share_met(condition: Condition, bags: list[dict[str, Any]]) -> float:
    return sum(matches(condition, bag) for bag in bags) / len(bags)


def _one_of_each(parts: list[Condition]) -> list[Condition]:
    """Return few parts that together hold every operator of all parts."""
    wanted, chosen = all_operators(parts), []
    for part in sorted(parts, key=lambda each: -len(operators_in(each))):
        if operators_in(part) & wanted:
            chosen.append(part)
            wanted -= operators_in(part)
    return chosen


def all_operators(conditions: list[Condition]) -> set[str]:
    """Return the operators that occur in some of the conditions."""
    return set().union(*map(operators_in, conditions))


def _composed(
    rng: random.Random, must: list[Condition], parts: list[Condition], bags: list[dict[str, Any]]
) -> Condition:
    """Return a condition that holds given parts and is met by about half of the units."""
    while True:
        chosen = [*must, *rng.sample(parts, max(2, PARTS - len(must)))]
        rng.shuffle(chosen)
        middle = rng.randrange(1, len(chosen))
        condition = {"$or": [{"$and": chosen[:middle]}, {"$and": chosen[middle:]}]}
        for candidate in (
            condition,
            {"$or": chosen},
            {"$and": [{"$nor": chosen[:2]}, *chosen[2:]]},
        ):
            if MET[0] < _share_met(candidate, bags) < MET[1] and _is_normal(candidate):
                return candidate


def _is_normal(condition: Condition) -> bool:
    """Return whether a composition is not too deep."""
    try:
        return normalise(condition, GROUPS) == condition
    except ConditionError:
        return False
