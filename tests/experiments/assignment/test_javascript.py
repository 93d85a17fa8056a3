"""JavaScript's conversions; every expected value was computed by a JavaScript engine."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.assignment.javascript import (
    document_of,
    is_truthy,
    number_of,
    same,
    sort_keys,
    text_of,
)

TEXTS: list[tuple[Any, str]] = [
    ([1, None, "a"], "1,,a"),
    ([[1, [2]], True], "1,2,true"),
    ({}, "[object Object]"),
    (None, "null"),
    (True, "true"),
    (123456789012345680000, "123456789012345680000"),
    (10**21, "1e+21"),
    (10**400, "Infinity"),
    (-(10**400), "-Infinity"),
    (math.nan, "NaN"),
    (1e-6, "0.000001"),
    (1.5e-7, "1.5e-7"),
    (-1e-7, "-1e-7"),
    (-0.0, "0"),
    (0.1, "0.1"),
    (100.0, "100"),
    (1e300, "1e+300"),
    (5e-324, "5e-324"),
    (2**53 + 1, "9007199254740992"),
]
NUMBERS: list[tuple[Any, float]] = [
    (" 0x10 ", 16),
    (None, 0),
    (True, 1),
    ([], 0),
    ([5], 5),
    ("", 0),
    ("1e3", 1000),
    (".5", 0.5),
    ("5.", 5),
    ("+5", 5),
    ("Infinity", math.inf),
    ("-Infinity", -math.inf),
    ("0b11", 3),
    ("0o17", 15),
    ("\u00a07\ufeff", 7),
]
NO_NUMBERS = [{}, "--5", "1_0", "inf", "nan", "-0x10", "5n", ["a"], [1, 2], "1e", "١"]


@pytest.mark.parametrize(("value", "text"), TEXTS)
def test_text__of_any_value__is_that_of_javascript(value: Any, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(("value", "number"), NUMBERS)
def test_number__of_any_value__is_that_of_javascript(value: Any, number: float) -> None:
    assert number_of(value) == number


@pytest.mark.parametrize("value", NO_NUMBERS, ids=str)
def test_number__of_what_is_none__is_not_a_number(value: Any) -> None:
    assert math.isnan(number_of(value))


@given(st.floats(allow_nan=False))
def test_number__of_the_text_of_a_number__is_the_number(number: float) -> None:
    assert number_of(text_of(number)) == number


@pytest.mark.parametrize(
    ("value", "other", "expected"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (1, "1", False),
        (None, False, False),
        (None, None, True),
        (math.nan, math.nan, False),
        ([], [], False),
        ({}, {}, False),
        (2**53, 2**53 + 1, True),
    ],
)
def test_sameness__of_two_values__is_strict(value: Any, other: Any, expected: bool) -> None:
    assert same(value, other) is expected


@pytest.mark.parametrize(
    ("value", "other", "is_below"),
    [
        (1, 2, True),
        ("1", 2, True),
        ("10", "9", True),
        ("10", 9, False),
        (None, 1, True),
        (None, 0, False),
        ("a", 1, False),
        (1, "a", False),
        ([5], 6, True),
        ([1, 2], "1,3", True),
        ({}, "a", True),
        (True, 2, True),
        ("😀", "\uffee", True),
    ],
)
def test_order__of_two_values__is_that_of_javascript(
    value: Any, other: Any, is_below: bool
) -> None:
    one, two = sort_keys(value, other)

    assert (one < two) is is_below


@pytest.mark.parametrize(
    ("value", "other", "is_equal"),
    [
        ([1, "a"], [1.0, "a"], True),
        ([1], ["1"], False),
        ([True], [1], False),
        ([math.inf], [None], True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
        ({"b": 1, "2": 0, "10": 0}, {"10": 0, "2": 0, "b": 1}, True),
        ({"b": 1, "02": 0}, {"02": 0, "b": 1}, False),
        ({"a": [None]}, {"a": []}, False),
        ({}, [], False),
        ('{"a":1}', {"a": 1}, False),
    ],
)
def test_documents__of_two_values__are_equal_in_key_order(
    value: Any, other: Any, is_equal: bool
) -> None:
    assert (document_of(value) == document_of(other)) is is_equal


@pytest.mark.parametrize("value", [[], {}, "0", -1, True])
def test_truth__of_something__is_true(value: Any) -> None:
    assert is_truthy(value)


@pytest.mark.parametrize("value", ["", 0, -0.0, None, False])
def test_truth__of_nothing__is_false(value: Any) -> None:
    assert not is_truthy(value)
