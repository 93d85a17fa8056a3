"""Amounts as shops send them to Segment, 12.5 or "12.50", into minor units; no binary floats."""

import re
from decimal import Decimal

from experiments.intake.refusals import Refused
from experiments.intake.shapes import MAX_AMOUNT
from experiments.money import minor_digits, to_minor

PLAIN_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
# A shop that adds 1.10 and 2.20 as JavaScript does sends 3.3000000000000003. Nobody charges a
# millionth of a cent: what is nearer to a whole one is the sender's arithmetic, nothing else is.
NOISE = Decimal("0.000001")


def minor_units(value: object, *, currency: str, field: str) -> int:
    """Return an amount in the currency's minor units; raises Refused, which names the field.

    >>> minor_units(Decimal("12.5"), currency="EUR", field="revenue")
    1250
    >>> minor_units("1.005", currency="KWD", field="revenue")
    1005
    """
    number = number_of(value, field=field)
    if number < 0:
        raise Refused("negative_amount", field, f"an amount is at least 0; {value} was given")
    # Before any arithmetic: 1e999999 in minor units would have a million digits.
    amount = MAX_AMOUNT + 1 if number > MAX_AMOUNT else _whole(number, currency, field)
    if amount > MAX_AMOUNT:
        raise Refused("out_of_range", field, f"an amount is at most {MAX_AMOUNT} minor units")
    return amount


def _whole(number: Decimal, currency: str, field: str) -> int:
    digits = minor_digits(currency)
    rounded = number.quantize(Decimal(1).scaleb(-digits))
    amount = to_minor(rounded, currency)
    if amount is None or abs(number - rounded) > NOISE.scaleb(-digits):
        detail = f"{currency} has {digits} decimals; {str(number)[:40]} was given"
        raise Refused("too_precise", field, detail)
    return amount


def number_of(value: object, *, field: str) -> Decimal:
    """Return a number of a message, which may be written as text; raises Refused."""
    if isinstance(value, str) and PLAIN_NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    raise Refused("invalid_field", field, f"expected a number, got {str(value)[:40]!r}")


def currency_of(value: object, *, site_currency: str) -> str:
    """Return the currency of a message, the site's when it names none; raises Refused."""
    given = site_currency if value in (None, "") else value
    code = given.strip().upper() if isinstance(given, str) else ""
    if not CURRENCY.fullmatch(code):
        detail = f"expected a code like 'EUR', got {str(given)[:40]!r}"
        raise Refused("invalid_field", "properties.currency", detail)
    if code != site_currency:
        detail = f"this site counts in {site_currency}; {code} was given"
        raise Refused("currency_mismatch", "properties.currency", detail)
    return code
