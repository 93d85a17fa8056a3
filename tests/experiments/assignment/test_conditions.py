"""Eligibility: what each operator means, what is refused, and that nothing can raise."""

import json
from typing import Any

import pytest
from growthbook.core import evalCondition
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.assignment.conditions import matches, validate_condition

VISITOR = {
    "country": "DE",
    "age": 30,
    "rate": 0.5,
    "is_member": True,
    "tags": ["new", "vip"],
    "sizes": [1, 2],
    "nothing": None,
    "shop": {"plan": "gold", "visits": [3, 4]},
    "a.b": 1,
}
# Condition, whether VISITOR meets it. Both released clients answer the same.
MEANINGS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"country": "DE"}, True),
    ({"country": "de"}, False),
    ({"country": "DE", "age": 31}, False),
    ({"country": {"$eq": "DE"}}, True),
    ({"country": {"$ne": "DE"}}, False),
    # strict: no kind of value is another
    ({"age": "30"}, False),
    ({"age": 30.0}, True),
    ({"is_member": True}, True),
    ({"is_member": 1}, False),
    ({"is_member": {"$eq": 1}}, False),
    ({"is_member": {"$in": [1]}}, False),
    ({"country": {"$in": ["AT", "DE"]}}, True),
    ({"country": {"$nin": ["AT", "DE"]}}, False),
    # a missing attribute is null
    ({"missing": None}, True),
    ({"nothing": None}, True),
    ({"missing": {"$ne": "DE"}}, True),
    ({"missing": {"$nin": ["DE"]}}, True),
    ({"missing": {"$in": [None]}}, True),
    ({"missing": {"$exists": False}}, True),
    ({"nothing": {"$exists": True}}, False),
    ({"country": {"$exists": True}}, True),
    ({"country": {"$exists": False}}, False),
    ({"country": {"$exists": "false"}}, True),
    ({"missing": {"$gt": 0}}, False),
    # empty lists, and no list at all
    ({"$and": []}, True),
    ({"$or": []}, True),
    ({"$nor": []}, False),
    ({"country": {"$in": []}}, False),
    ({"country": {"$nin": []}}, True),
    ({"country": {"$in": "DE"}}, False),
    ({"country": {"$nin": "DE"}}, False),
    # order: numbers with numbers, texts with texts
    ({"age": {"$gt": 29, "$lt": 31}}, True),
    ({"age": {"$gte": 30, "$lte": 30}}, True),
    ({"age": {"$gt": 30}}, False),
    ({"age": {"$lt": 30}}, False),
    ({"age": {"$lt": "31"}}, False),
    ({"is_member": {"$gt": 0}}, False),
    ({"rate": {"$gte": 0.5}}, True),
    ({"country": {"$gt": "DD"}}, True),
    ({"country": {"$lt": "DD"}}, False),
    ({"country": {"$lte": "DE"}}, True),
    # lists
    ({"tags": {"$in": ["vip", "x"]}}, True),
    ({"tags": {"$nin": ["vip"]}}, False),
    ({"sizes": {"$in": [True]}}, False),
    ({"tags": ["new", "vip"]}, True),
    ({"tags": ["vip", "new"]}, False),
    ({"tags": ["new"]}, False),
    ({"sizes": [1, 2.0]}, True),
    ({"sizes": [True, 2]}, False),
    ({"tags": {"$eq": ["new", "vip"]}}, False),
    ({"tags": {"$ne": ["new", "vip"]}}, True),
    # paths
    ({"shop.plan": "gold"}, True),
    ({"shop.plan.x": "gold"}, False),
    ({"shop.none.x": None}, True),
    ({"a.b": 1}, False),
    ({"tags.0": "new"}, True),
    ({"tags.00": "new"}, False),
    ({"tags.2": None}, True),
    ({"tags.-1": "vip"}, False),
    ({"tags.length": 2}, True),
    ({"shop.visits.1": 4}, True),
    ({"country.length": 2}, False),
    # patterns
    ({"country": {"$regex": "^D"}}, True),
    ({"country": {"$regex": "^(AT|CH)$"}}, False),
    ({"age": {"$regex": "3"}}, False),
    ({"missing": {"$regex": "null"}}, False),
    ({"country": {"$regex": "("}}, False),
    # logic
    ({"$and": [{"country": "DE"}, {"age": 30}]}, True),
    ({"$or": [{"country": "AT"}, {"age": 30}]}, True),
    ({"$or": [{"country": "AT"}, {"age": 31}]}, False),
    ({"$nor": [{"country": "AT"}, {"age": 31}]}, True),
    ({"$not": {"country": "DE"}}, False),
    ({"$not": {"$or": [{"country": "AT"}, {"$not": {"age": 30}}]}}, True),
    ({"country": "DE", "$or": [{"age": 1}, {"tags": {"$in": ["vip"]}}]}, True),
]


@pytest.mark.parametrize(("condition", "expected"), MEANINGS, ids=lambda value: json.dumps(value))
def test_condition__of_each_kind__means_what_the_released_client_says(
    condition: dict[str, Any], expected: bool
) -> None:
    assert matches(condition, VISITOR) is expected
    assert evalCondition(VISITOR, condition) is expected


def test_texts__with_emoji__are_ordered_as_in_javascript() -> None:
    attributes = {"name": "😀"}

    assert matches({"name": {"$lt": "\uffee"}}, attributes)
    assert evalCondition(attributes, {"name": {"$lt": "\uffee"}})


scalars = st.sampled_from(["DE", "", "30", "é", 0, 1, 30, 30.0, -2.5, True, False, None])
orderable = st.sampled_from(["DE", "", "30", "é", "😀", "\uffee", 0, 1, 30, -2.5])
patterns = st.sampled_from(["^D", "E$", "(a|b)+", "[0-9]{2}", "3?0"])
operators = st.one_of(
    st.fixed_dictionaries({}, optional={"$eq": scalars, "$ne": scalars, "$exists": st.booleans()}),
    st.dictionaries(
        st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), orderable, min_size=1, max_size=2
    ),
    st.tuples(st.sampled_from(["$in", "$nin"]), st.lists(scalars, max_size=3)).map(
        lambda it: {it[0]: it[1]}
    ),
    patterns.map(lambda pattern: {"$regex": pattern}),
)
attributes_keys = st.sampled_from(["country", "age", "tags", "shop.plan", "tags.0", "missing"])
leaves = st.dictionaries(
    attributes_keys, st.one_of(scalars, operators, st.lists(scalars, max_size=2)), max_size=3
)
conditions = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.dictionaries(
            st.sampled_from(["$and", "$or", "$nor"]), st.lists(parts, max_size=3), max_size=2
        ),
        parts.map(lambda part: {"$not": part}),
    ),
    max_leaves=6,
).filter(lambda condition: not validate_condition(condition))
bags = st.fixed_dictionaries(
    {},
    optional={
        "country": scalars,
        "age": scalars,
        "tags": st.one_of(st.lists(scalars, max_size=3), scalars),
        "shop": scalars.map(lambda plan: {"plan": plan}),
    },
)


@settings(max_examples=500)
@given(conditions, bags)
def test_condition__any_that_is_accepted__agrees_with_the_released_client(
    condition: dict[str, Any], attributes: dict[str, Any]
) -> None:
    assert matches(condition, attributes) is evalCondition(attributes, condition)
