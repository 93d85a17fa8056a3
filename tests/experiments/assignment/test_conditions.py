"""Eligibility: what each operator means, in the normal form and as JavaScript has it."""

import json
from typing import Any

import pytest
from growthbook.core import evalCondition

from experiments.assignment.condition.matching import matches
from experiments.assignment.condition.normal import normalise

VISITOR = {
    "country": "DE",
    "age": 30,
    "rate": 0.5,
    "is_member": True,
    "tags": ["new", "vip"],
    "sizes": [1, 2],
    "nothing": None,
    "shop": {"plan": "gold", "visits": [3, 4]},
    "orders": [{"sku": "a", "price": 10}, None, {"sku": "b", "price": 20}],
    "app": "2.10.1",
    "a.b": 1,
}
# Condition, whether VISITOR meets its normal form. Both released clients answer the same.
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
    ({"missing": {"$gt": 0}}, False),
    # empty lists, and no list at all
    ({"$and": []}, True),
    ({"$or": []}, True),
    ({"$nor": []}, False),
    ({"country": {"$in": []}}, False),
    ({"country": {"$nin": []}}, True),
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
    ({"tags": {"$all": ["vip", "new"]}}, True),
    ({"tags": {"$all": ["vip", "old"]}}, False),
    ({"sizes": {"$all": ["1"]}}, False),
    ({"tags": {"$all": []}}, True),
    ({"country": {"$all": []}}, False),
    ({"tags": {"$elemMatch": {"$gt": "o"}}}, True),
    ({"sizes": {"$elemMatch": {"$gt": 2}}}, False),
    ({"orders": {"$elemMatch": {"price": {"$gt": 15}, "sku": "b"}}}, True),
    ({"orders": {"$elemMatch": {"price": {"$gt": 15}, "sku": "a"}}}, False),
    ({"tags": {"$size": 2}}, True),
    ({"tags": {"$size": {"$gt": 2}}}, False),
    ({"country": {"$size": 2}}, False),
    # without case
    ({"country": {"$ini": ["de"]}}, True),
    ({"tags": {"$nini": ["VIP"]}}, False),
    ({"country": {"$regexi": "^d"}}, True),
    ({"missing": {"$notRegex": "null"}}, True),
    ({"country": {"$notRegexi": "^d"}}, False),
    # kinds of values, and versions
    ({"missing": {"$type": "null"}}, True),
    ({"shop": {"$type": "object"}}, True),
    ({"is_member": {"$type": "number"}}, False),
    ({"app": {"$vgte": "2.9.0", "$vlt": "3.0"}}, True),
    ({"app": {"$vgt": "v2.10.1-rc.2"}}, True),
    ({"app": {"$veq": "2.10.1+b7"}}, True),
    ({"missing": {"$vne": "1.0"}}, False),
    ({"country": {"$not": {"$in": ["AT"]}}}, True),
    ({"country": {"$not": "DE"}}, False),
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
    # logic
    ({"$and": [{"country": "DE"}, {"age": 30}]}, True),
    ({"$or": [{"country": "AT"}, {"age": 30}]}, True),
    ({"$or": [{"country": "AT"}, {"age": 31}]}, False),
    ({"$nor": [{"country": "AT"}, {"age": 31}]}, True),
    ({"$not": {"country": "DE"}}, False),
    ({"$not": {"$or": [{"country": "AT"}, {"$not": {"age": 30}}]}}, True),
    ({"country": "DE", "$or": [{"age": 1}, {"tags": {"$in": ["vip"]}}]}, True),
]


# The same as a person may write it: JavaScript turns one kind of value into another.
LOOSE: list[tuple[dict[str, Any], bool]] = [
    ({"age": "30"}, True),
    ({"tags": "new,vip"}, True),
    ({"missing": "null"}, True),
    ({"missing": 0}, True),
    ({"tags": 0}, False),
    ({"is_member": 1}, True),
    ({"country": True}, True),
    ({"missing": False}, False),
    ({"shop": {"plan": "gold", "visits": [3, 4]}}, True),
    ({"shop": {"visits": [3, 4], "plan": "gold"}}, False),
    ({"missing": {"$lt": 5}}, True),
    ({"missing": {"$gte": 0}}, True),
    ({"age": {"$lt": "31"}}, True),
    ({"age": {"$lt": "x"}}, False),
    ({"is_member": {"$gt": 0}}, True),
    ({"missing": {"$vlt": "1.0"}}, True),
    ({"age": {"$veq": "30"}}, True),
    ({"missing": {"$regex": "null"}}, True),
    ({"age": {"$regexi": "^30$"}}, True),
    ({"sizes": {"$all": ["1", 2]}}, True),
    ({"tags": {"$all": "new"}}, False),
    ({"sizes": {"$alli": ["1"]}}, True),
    ({"country": {"$alli": ["de"]}}, False),
    ({"country": {"$exists": "false"}}, True),
    ({"country": {"$exists": 0}}, False),
    ({"country": {"$in": "DE"}}, False),
    ({"country": {"$nin": "DE"}}, False),
    ({"tags": {"$size": "2"}}, True),
    ({"country": {"$type": "undefined"}}, False),
]


@pytest.mark.parametrize(("condition", "expected"), MEANINGS, ids=lambda value: json.dumps(value))
def test_condition__of_each_kind__means_what_the_released_client_says(
    condition: dict[str, Any], expected: bool
) -> None:
    normal = normalise(condition)

    assert matches(normal, VISITOR) is expected
    assert evalCondition(VISITOR, normal) is expected


@pytest.mark.parametrize(("condition", "expected"), LOOSE, ids=lambda value: json.dumps(value))
def test_condition__not_in_normal_form__means_what_javascript_says(
    condition: dict[str, Any], expected: bool
) -> None:
    assert matches(condition, VISITOR) is expected


def test_saved_group__given_by_id__holds_its_values() -> None:
    groups = {"gold": ["DE", "AT"]}

    assert matches({"country": {"$inGroup": "gold"}}, VISITOR, groups)
    assert not matches({"country": {"$notInGroup": "gold"}}, VISITOR, groups)
    assert not matches({"country": {"$inGroup": "other"}}, VISITOR, groups)
    assert matches({"country": {"$notInGroup": "other"}}, VISITOR, groups)


def test_texts__with_emoji__are_ordered_as_in_javascript() -> None:
    attributes = {"name": "😀"}
    condition = normalise({"name": {"$lt": "\uffee"}})

    assert matches(condition, attributes)
    assert evalCondition(attributes, condition)
