"""Numbers as readers see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.stats.formats import (
    ValueFormat,
    number,
    p_value_text,
    percent,
    percent_decimals,
    percent_range,
    short_percent,
)
from analytics.stats.phrases import p_value_help, range_help
from analytics.stats.results import Interval, Monitoring

THIN = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "decimals", "is_signed", "text"),
    [
        (180_000, 0, False, "180,000"),
        (-1.25, 1, False, "−1.2"),
        (4, 1, True, "+4.0"),
        (0, 1, True, "0.0"),
        (-0.04, 1, True, "0.0"),
        (1e15, 0, False, "1,000,000,000,000,000"),
    ],
)
def test_number__any_value__has_a_real_minus_and_no_negative_zero(
    value: float, decimals: int, is_signed: bool, text: str
) -> None:
    assert number(value, decimals=decimals, is_signed=is_signed) == text


def test_percent__fraction__has_a_thin_space() -> None:
    assert percent(0.031) == f"3.1{THIN}%"
    assert percent(-0.012, is_signed=True) == f"−1.2{THIN}%"
    assert short_percent(0.02) == f"2{THIN}%"
    assert short_percent(0.0125) == f"1.25{THIN}%"
    assert short_percent(0.1) == f"10{THIN}%"
    assert short_percent(0.0) == f"0{THIN}%"


def test_percent_range__tiny_end__is_not_rounded_onto_zero() -> None:
    assert percent_range(Interval(-0.012, 0.04)) == f"−1.2{THIN}% to +4.0{THIN}%"
    assert percent_range(Interval(0.0002, 0.04)) == f"+0.02{THIN}% to +4.00{THIN}%"


@given(st.floats(-1, 1).filter(lambda x: x == 0 or abs(x) > 1e-6))
def test_percent_decimals__nonzero_fraction__never_reads_as_zero(fraction: float) -> None:
    shown = number(100 * fraction, decimals=percent_decimals(fraction))

    assert (shown.strip("−0.") == "") == (fraction == 0)


@pytest.mark.parametrize(
    ("value_format", "value", "text"),
    [
        (ValueFormat("money", currency="EUR"), 61200, "€612.00"),
        (ValueFormat("money", currency="EUR", decimals=0), 61249, "€612"),
        (ValueFormat("money", currency="CHF"), -1999, f"−19.99{THIN}CHF"),
        (ValueFormat("money", currency="JPY", minor_digits=0), 1500, f"1,500{THIN}JPY"),
        (ValueFormat("percent", decimals=1), 0.056, f"5.6{THIN}%"),
        (ValueFormat("number", decimals=3), 1.2345, "1.234"),
    ],
)
def test_value_format__each_kind__writes_the_value(
    value_format: ValueFormat, value: float, text: str
) -> None:
    assert value_format.text(value) == text


def test_value_format__signed_money__puts_the_sign_first() -> None:
    assert ValueFormat("money", currency="EUR").text(150, is_signed=True) == "+€1.50"


@pytest.mark.parametrize(
    ("p_value", "text"), [(0, "< 0.0001"), (0.00012, "0.0001"), (0.0496, "0.0496"), (1, "1.00")]
)
def test_p_value_text__any_p__is_clamped_for_display_only(p_value: float, text: str) -> None:
    assert p_value_text(p_value) == text


def test_help__p_value_and_range__say_what_they_promise() -> None:
    assert p_value_help(0.047) == (
        "If the two versions were truly the same, a difference this large would be seen "
        f"in fewer than 4.7{THIN}% of such tests."
    )
    assert "fewer than 0.01" in p_value_help(0.0)
    assert range_help(Monitoring.ALWAYS_VALID) == (
        "This range holds at every look, 95 times in 100 tests."
    )
    assert "at the planned end, 99.5 times" in range_help(Monitoring.FIXED, alpha=0.005)
