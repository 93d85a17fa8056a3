"""The normal form of conditions: what becomes of each operator, what is refused and why."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.assignment.condition.matching import matches
from experiments.assignment.condition.normal import ConditionError, normalise, validate_condition
from tests.experiments.assignment.random_conditions import ALL_OPERATORS, GROUPS, random_pairs

DEEP_NOT: dict[str, Any] = {"$eq": 1}
for _ in range(9):
    DEEP_NOT = {"$not": DEEP_NOT}
NORMAL: list[tuple[Any, Any]] = [
    ("DE", {"$eq": "DE"}),
    (5, {"$eq": 5}),
    (True, {"$eq": True}),
    (None, {"$eq": None}),
    (["a", 1, None], ["a", 1, None]),
    ({"$in": ["a", 1]}, {"$in": ["a", 1]}),
    ({"$nini": ["A"]}, {"$nini": ["A"]}),
    ({"$gt": 5, "$lte": 9}, {"$type": "number", "$gt": 5, "$lte": 9}),
    ({"$lt": "b"}, {"$type": "string", "$lt": "b"}),
    ({"$type": "number", "$gt": 5}, {"$type": "number", "$gt": 5}),
    ({"$vgte": "1.2.0"}, {"$type": "string", "$vgte": "1.2.0"}),
    ({"$vne": "1.2.0"}, {"$type": "string", "$vne": "1.2.0"}),
    ({"$regex": "^a.*z$"}, {"$type": "string", "$regex": r"^a[^\n\r\u2028\u2029]*z$(?!\n)"}),
    ({"$regexi": "k[0-C]é"}, {"$type": "string", "$regex": "[Kk][0-Ca-c][Éé]"}),
    ({"$notRegex": "a"}, {"$not": {"$type": "string", "$regex": "a"}}),
    ({"$notRegexi": "a"}, {"$not": {"$type": "string", "$regex": "[Aa]"}}),
    ({"$not": "DE"}, {"$not": {"$eq": "DE"}}),
    ({"$not": {"$gt": 5}}, {"$not": {"$type": "number", "$gt": 5}}),
    ({"$size": 2}, {"$size": 2}),
    ({"$size": {"$gt": 2}}, {"$size": {"$type": "number", "$gt": 2}}),
    ({"$all": ["a", {"$gt": 5}]}, {"$all": [{"$eq": "a"}, {"$type": "number", "$gt": 5}]}),
    ({"$elemMatch": {"$gt": 5}}, {"$elemMatch": {"$type": "number", "$gt": 5}}),
    ({"$elemMatch": {"sku": "a"}}, {"$elemMatch": {"sku": {"$eq": "a"}}}),
    ({"$inGroup": "vips"}, {"$in": GROUPS["vips"]}),
    ({"$notInGroup": "nobody"}, {"$nin": []}),
    ({"$exists": False}, {"$exists": False}),
    ({"$type": "null"}, {"$type": "null"}),
]


@pytest.mark.parametrize(("written", "normal"), NORMAL, ids=lambda value: json.dumps(value))
def test_normal_form__of_each_operator__says_the_kind_of_value(written: Any, normal: Any) -> None:
    assert normalise({"k": written}, GROUPS) == {"k": normal}
    assert normalise({"$or": [{"$not": {"k": written}}]}, GROUPS) == {
        "$or": [{"$not": {"k": normal}}]
    }


REFUSED: list[tuple[Any, str]] = [
    ({"$near": 1}, "k: unknown operator $near"),
    ({"$or": [{"$eq": 1}]}, "k: unknown operator $or"),
    ({"$elemMatch": {"$or": []}}, "k.$elemMatch: unknown operator $or"),
    ({"$savedGroup": {"id": "vips"}}, "k: unknown operator $savedGroup"),
    ({"$alli": ["a"]}, "k: $alli differs between clients; join several $ini by $and"),
    ({}, "k: an empty object; leave the attribute out"),
    ({"$not": {}}, "k.$not: an empty object; leave the attribute out"),
    ({"$elemMatch": {}}, "k.$elemMatch: an empty object; leave the attribute out"),
    ({"plan": "a"}, "k: objects are not compared; write a path such as k.plan"),
    ({"$not": {"plan": "a"}}, "k.$not: objects are not compared; write a path such as k.$not.plan"),
    ({"$eq": [1]}, "k: $eq needs a single value"),
    ({"$ne": {}}, "k: $ne needs a single value"),
    (2**53, "k: JavaScript is exact up to 9007199254740991 only; write a text"),
    ({"$in": [1e16]}, "k: JavaScript is exact up to 9007199254740991 only; write a text"),
    ({"$eq": float("inf")}, "k: inf is not a number that JSON knows"),
    ({"$gt": None}, "k: $gt needs a number or a text"),
    ({"$gt": 5, "$lt": "b"}, "k: no value is both a number and a string"),
    ({"$type": "string", "$gt": 5}, "k: no value is both a string and a number"),
    ({"$type": "undefined"}, "k: $type needs one of string, number, boolean, null, array, object"),
    ({"$type": []}, "k: $type needs one of string, number, boolean, null, array, object"),
    ({"$vgt": 1}, 'k: $vgt needs a version such as "1.4.0", in ASCII'),
    ({"$veq": "١.0"}, 'k: $veq needs a version such as "1.4.0", in ASCII'),
    ({"$veq": "1.0\n"}, 'k: $veq needs a version such as "1.4.0", in ASCII'),
    ({"$exists": 1}, "k: $exists needs true or false"),
    ({"$size": 2.0}, "k: $size needs a whole number, or operators"),
    ({"$size": True}, "k: $size needs a whole number, or operators"),
    ({"$size": {"$gt": None}}, "k.$size: $gt needs a number or a text"),
    ({"$all": "a"}, "k: $all needs a list of at most 1000 entries"),
    ({"$all": [1, {"$near": 1}]}, "k.$all[1]: unknown operator $near"),
    ({"$elemMatch": 5}, "k.$elemMatch: expected an object, got int"),
    ({"$elemMatch": {"$eq": 1, "a": {}}}, "k.$elemMatch.$eq: unknown operator $eq"),
    ({"$inGroup": "none"}, "k: $inGroup names no saved group: 'none'; list the values by $in"),
    ({"$notInGroup": []}, "k: $notInGroup names no saved group: []; list the values by $in"),
    ({"$regex": "a", "$regexi": "b"}, "k: $regex would stand here twice; join the two by $and"),
    ({"$not": 1, "$notRegex": "b"}, "k: $not would stand here twice; join the two by $and"),
    ({"$inGroup": "vips", "$in": []}, "k: $in would stand here twice; join the two by $and"),
    ({"$regex": r"\d"}, r"k: $regex cannot use this pattern: \d is not supported"),
    ({"$regex": "a.c"}, "k: $regex cannot use this pattern: clients count emoji differently"),
    ({"$notRegex": 5}, "k.$not: $regex needs a text"),
    (DEEP_NOT, "k.$not.$not.$not.$not.$not.$not.$not.$not: nested deeper than 8 levels"),
]


@pytest.mark.parametrize(
    ("written", "problem"), REFUSED, ids=lambda value: value if isinstance(value, str) else None
)
def test_normal_form__of_what_has_none__is_refused_with_place_and_reason(
    written: Any, problem: str
) -> None:
    with pytest.raises(ConditionError) as refusal:
        normalise({"k": written}, GROUPS)

    assert refusal.value.problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("constructor", "every object has constructor in JavaScript; rename the attribute"),
        ("a.__proto__.b", "every object has __proto__ in JavaScript; rename the attribute"),
        ("shop.values", "every list has values in JavaScript; rename the attribute"),
        ("values", ""),
        ("a.length", ""),
        ("a.0.b", ""),
    ],
)
def test_path__through_what_only_javascript_has__is_refused(path: str, problem: str) -> None:
    assert validate_condition({path: 1}) == ([f"{path}: {problem}"] if problem else [])


def test_path__from_an_element_that_may_be_a_list__is_refused() -> None:
    condition = {"orders": {"$elemMatch": {"$not": {"values": 1}, "sku": 1}}}

    assert validate_condition(condition) == [
        "orders.$elemMatch.$not.values: every list has values in JavaScript; rename the attribute"
    ]


def test_normal_form__of_random_conditions__is_its_own_normal_form() -> None:
    for condition, _ in random_pairs(3_000, seed=11):
        normal = normalise(condition, GROUPS)

        assert normalise(normal) == normal
        assert normalise(json.loads(json.dumps(normal))) == normal


def test_normal_form__in_any_order_of_its_keys__has_the_same_answer() -> None:
    """A database may keep an object in another order."""
    for condition, attributes in random_pairs(2_000, seed=12):
        normal = normalise(condition, GROUPS)
        sorted_ = json.loads(json.dumps(normal, sort_keys=True))

        assert matches(sorted_, attributes) is matches(normal, attributes)


def test_normalising__leaves_what_it_was_given() -> None:
    for condition, _ in random_pairs(300, seed=13):
        before = json.dumps(condition)

        normalise(condition, GROUPS)

        assert json.dumps(condition) == before


names = st.sampled_from([*sorted(ALL_OPERATORS), "$near", "a", "a.0", ""])
documents = st.recursive(
    st.sampled_from(["DE", "(", ".+", "", 0, 1, 30.5, 2**60, True, None]),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=12,
)


@given(documents)
def test_normal_form__of_any_document__is_stable_or_refused_with_reasons(document: Any) -> None:
    if problems := validate_condition(document):
        with pytest.raises(ConditionError) as refusal:
            normalise(document)
        assert refusal.value.problems == problems
        return
    normal = normalise(document)

    assert normalise(normal) == normal
    assert matches(normal, {"a": ["DE"]}) in {True, False}
