"""Every published condition case: as it is written, and in its normal form."""

from typing import Any, NamedTuple

import pytest

from experiments.assignment.condition.matching import matches
from experiments.assignment.condition.normal import ConditionError, normalise
from tests.experiments.assignment.published import published


class Case(NamedTuple):
    name: str
    condition: dict[str, Any]
    attributes: dict[str, Any]
    is_met: bool
    groups: dict[str, Any] = {}


CASES = [Case(*case) for case in published("evalCondition")]
NO_LIST, NO_GROUP = "needs a list", "names no saved group"
# Cases that have no normal form, with the reason.
REFUSED = {
    "$groups - match": "unknown operator $groups",  # an attribute that looks like an operator
    "$groups - no match": "unknown operator $groups",
    "$in - not array": NO_LIST,
    "$nin - not array": NO_LIST,
    "$ini - not array": NO_LIST,
    "$nini - not array": NO_LIST,
    "unknown operator - pass": "unknown operator $regx",
    "$regex invalid - pass": "two repetitions in a row",
    "$regex invalid - fail": "two repetitions in a row",
    "$alli - pass (case insensitive match)": "differs between clients",
    "$alli - pass (uppercase pattern, lowercase value)": "differs between clients",
    "$alli - pass (mixed case)": "differs between clients",
    "$alli - fail (case insensitive, missing value)": "differs between clients",
    "$alli - fail not array": "differs between clients",
    "equals object - pass": "objects are not compared",
    "equals object - fail extra property": "objects are not compared",
    "equals object - fail missing property": "objects are not compared",
    "equals object - fail type mismatch": "objects are not compared",
    "$inGroup fails for unknown group id": NO_GROUP,
    "$notInGroup passes for unknown group id": NO_GROUP,
}
# Cases that JavaScript meets by turning one kind of value into another, as no other client does.
CHANGED = {
    "missing attribute with comparison operators",
    "comparing numbers and strings",
    "comparing numbers and strings - v2",
}


def of(names: set[str] | dict[str, str]) -> list[Case]:
    return [case for case in CASES if case.name in names]


def named(case: Any) -> str:
    return str(case.name)


def test_suite__as_published__has_its_248_conditions() -> None:
    assert len(CASES) == 248
    assert len(of(REFUSED)) == 20
    assert len(of(CHANGED)) == 3


@pytest.mark.parametrize("case", CASES, ids=named)
def test_condition__as_published__is_answered_as_published(case: Case) -> None:
    assert matches(case.condition, case.attributes, case.groups) is case.is_met


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name not in {*REFUSED, *CHANGED}], ids=named
)
def test_normal_form__of_a_published_case__keeps_its_answer(case: Case) -> None:
    assert matches(normalise(case.condition, case.groups), case.attributes) is case.is_met


@pytest.mark.parametrize("case", of(CHANGED), ids=named)
def test_normal_form__of_a_case_that_turns_kinds_of_values__is_strict(case: Case) -> None:
    assert matches(normalise(case.condition), case.attributes) is not case.is_met


@pytest.mark.parametrize("case", of(REFUSED), ids=named)
def test_normal_form__of_a_case_without_one__is_refused_with_the_reason(case: Case) -> None:
    with pytest.raises(ConditionError) as refusal:
        normalise(case.condition, case.groups)

    assert REFUSED[case.name] in str(refusal.value)
