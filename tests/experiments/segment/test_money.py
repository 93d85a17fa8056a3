"""Money of messages: exact in every currency, or refused; never a float's neighbour."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.intake.refusals import Refused
from experiments.intake.shapes import MAX_AMOUNT
from experiments.money import MINOR_DIGITS, minor_digits, to_major
from experiments.segment.money import minor_units
from tests.experiments.segment.messages import event_from, tracked

CURRENCIES = st.sampled_from([*MINOR_DIGITS, "EUR", "USD", "GBP"])
AMOUNTS = st.integers(min_value=0, max_value=MAX_AMOUNT)


@given(amount=AMOUNTS, currency=CURRENCIES)
def test_money__written_in_any_currency__comes_back_to_the_unit(amount: int, currency: str) -> None:
    written = to_major(amount, currency)

    assert minor_units(written, currency=currency, field="revenue") == amount
    assert minor_units(f"{written:f}", currency=currency, field="revenue") == amount


@given(amount=AMOUNTS, currency=CURRENCIES)
def test_money__as_a_number_in_json__arrives_to_the_unit(amount: int, currency: str) -> None:
    text = json.dumps(tracked("Order Completed", revenue="X", currency=currency))

    event = event_from(text.replace('"X"', f"{to_major(amount, currency):f}"), currency)

    assert event.value is not None
    assert event.value.amount == amount


@given(amount=st.integers(min_value=0, max_value=10**9), currency=CURRENCIES)
def test_money__as_the_nearest_binary_number__arrives_to_the_unit(
    amount: int, currency: str
) -> None:
    noisy = Decimal(float(to_major(amount, currency)))

    assert minor_units(noisy, currency=currency, field="revenue") == amount


@given(
    amount=st.integers(min_value=0, max_value=10**9),
    part=st.integers(min_value=1, max_value=999),
    currency=CURRENCIES,
)
def test_money__with_a_part_of_the_smallest_unit__is_refused(
    amount: int, part: int, currency: str
) -> None:
    written = to_major(amount, currency) + Decimal(part).scaleb(-3 - minor_digits(currency))

    with pytest.raises(Refused) as refusal:
        minor_units(written, currency=currency, field="revenue")

    assert refusal.value.code == "too_precise"


@given(value=st.decimals(allow_nan=True, allow_infinity=True) | st.text() | st.integers())
def test_money__of_whatever_is_sent__is_within_bounds_or_refused(value: object) -> None:
    try:
        amount = minor_units(value, currency="EUR", field="revenue")
    except Refused:
        amount = 0

    assert 0 <= amount <= MAX_AMOUNT


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (Decimal("1e999999"), "out_of_range"),
        (MAX_AMOUNT, "out_of_range"),
        (Decimal("-1e-9"), "negative_amount"),
        (Decimal("NaN"), "invalid_field"),
        (Decimal("Infinity"), "invalid_field"),
        ("1e5", "invalid_field"),
        ("١٢", "invalid_field"),
        ("", "invalid_field"),
        (None, "invalid_field"),
        (False, "invalid_field"),
    ],
)
def test_money__that_is_none__is_refused(value: object, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        minor_units(value, currency="EUR", field="revenue")

    assert (refusal.value.code, refusal.value.field) == (code, "revenue")
