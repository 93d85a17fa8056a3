"""Conditions that are wrong: refused with the reason where staff write them, harmless elsewhere."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.assignment.condition.matching import matches, validate_condition

VISITOR = {"country": "DE", "age": 30, "shop": {"plan": "gold"}}
scalars = st.sampled_from(["DE", "(", "$a", "", 0, 1, 30.5, True, None])


@pytest.mark.parametrize(
    "condition",
    [
        {"country": {"$near": 1}},
        {"$not": {"country": {"$near": 1}}},
        {"$xor": [{}]},
        {"country": {"$eq": "DE", "name": 1}},
        {"country": {"$regex": 5}},
        {"country": {"$regex": ["D"]}},
        {"$not": {"country": {"$regex": "("}}},
        {"country": {"$regex": "D{99999999999999999999}"}},
        {"$and": "x"},
        {"$and": {}},
        {"$or": None},
        {"$or": [5]},
        {"$nor": {"a": 1}},
        {"$not": []},
        {"$not": None},
        {"shop": {"$or": [{"plan": "gold"}]}},
        {"shop": {"$inGroup": {}}},
        {"$savedGroup": {"id": "g"}},
    ],
    ids=json.dumps,
)
def test_condition__stored_without_being_checked__admits_nobody(condition: dict[str, Any]) -> None:
    assert matches(condition, VISITOR) is False
    assert validate_condition(condition)


@pytest.mark.parametrize("condition", [None, [], "x", 5])
def test_condition__that_is_no_object__admits_nobody(condition: Any) -> None:
    assert matches(condition, VISITOR) is False


def test_condition__nested_beyond_the_interpreter__admits_nobody() -> None:
    condition: dict[str, Any] = {}
    for _ in range(100_000):
        condition = {"$not": condition}

    assert matches(condition, VISITOR) is False
    assert len(validate_condition(condition)) == 1


json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["$and", "$or", "$not", "$in", "$gt", "$regex", "$exists", "a", "a.0"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=10,
)


@given(
    st.dictionaries(st.sampled_from(["$or", "$not", "$and", "a", "a.0"]), json_values, max_size=3),
    json_values,
)
def test_condition__any_document__is_answered_and_checked_without_raising(
    condition: dict[str, Any], value: Any
) -> None:
    assert matches(condition, {"a": value}) in {True, False}
    assert all(isinstance(problem, str) for problem in validate_condition(condition))


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ([], "condition: expected an object, got list"),
        ({"a": {"$near": 1}}, "a: unknown operator $near"),
        ({"$xor": []}, "$xor: unknown operator $xor"),
        ({"$and": {}}, "$and: expected a list"),
        ({"$or": [{"a": 1}, 5]}, "$or[1]: expected an object, got int"),
        ({"$not": []}, "$not: expected an object, got list"),
        (
            {"$and": [{"$not": {"b": {"$gt": None}}}]},
            "$and[0].$not.b: $gt needs a number or a text",
        ),
        ({"a": {}}, "a: an empty object; leave the attribute out"),
        ({"a": {"b": 1}}, "a: objects are not compared; write a path such as a.b"),
        ({"a": {"$gt": True}}, "a: $gt needs a number or a text"),
        ({"a": {"$exists": "false"}}, "a: $exists needs true or false"),
        ({"a": {"$eq": [1]}}, "a: $eq needs a single value"),
        ({"a": {"$regex": 1}}, "a: $regex needs a text"),
        ({"a": {"$regex": "("}}, "a: $regex cannot use this pattern: a ( is not closed"),
        (
            {"a": {"$in": "x"}},
            "a: $in needs a list of at most 1000 texts, numbers, true, false or null",
        ),
        (
            {"a": {"$nin": [[1]]}},
            "a: $nin needs a list of at most 1000 texts, numbers, true, false or null",
        ),
        ({"a": [{"b": 1}]}, "a: a list of at most 1000 texts, numbers, true, false or null"),
        ({"$or": [{}] * 1001}, "$or: more than 1000 entries"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_validation__of_a_mistake__says_where_and_what(condition: Any, problem: str) -> None:
    assert validate_condition(condition) == [problem]


def test_validation__of_two_mistakes__names_both() -> None:
    found = validate_condition({"a": {"$near": 1}, "b": {"$far": 2}})

    assert found == ["a: unknown operator $near", "b: unknown operator $far"]


@pytest.mark.parametrize(("depth", "is_accepted"), [(7, True), (8, False)])
def test_validation__of_nesting__ends_at_eight_levels(depth: int, is_accepted: bool) -> None:
    condition: dict[str, Any] = {"a": 1}
    for _ in range(depth):
        condition = {"$and": [condition]}

    assert (validate_condition(condition) == []) is is_accepted
