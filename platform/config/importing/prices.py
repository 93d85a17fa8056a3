"""Prices as people and feeds write them, in minor units."""

import re
from decimal import Decimal
from functools import cache
from typing import Any

from config.importing.records import BadRow
from experiments.intake.shapes import MAX_AMOUNT
from experiments.money import to_minor

OTHER = {".": ",", ",": "."}  # what may stand between thousands, by the decimal mark


def minor_price(given: Any, currency: str, *, decimal: str = ".") -> int:
    """Return a price in minor units; raises BadRow when it is none in this currency.

    `decimal`: the mark before the decimals; the other one may stand between thousands. A currency
    beside the number has to be the site's.

    >>> minor_price("19.99 GBP", "GBP"), minor_price("1.265,5", "EUR", decimal=",")
    (1999, 126550)
    >>> minor_price(20, "JPY")
    20
    """
    text = str(given).strip()
    found = _pattern("." if isinstance(given, int | float | Decimal) else decimal).fullmatch(text)
    if found is None:
        raise BadRow("invalid_field:price")
    if any(code.upper() != currency for code in found.group("before", "after") if code):
        raise BadRow("currency_mismatch:price")
    if found["sign"] == "-":
        raise BadRow("negative_amount:price")
    whole = re.sub(r"[^0-9]", "", found["whole"])
    amount = to_minor(Decimal(f"{whole}.{found['decimals'] or 0}"), currency)
    if amount is None:
        raise BadRow("invalid_field:price")
    if amount > MAX_AMOUNT:
        raise BadRow("out_of_range:price")
    return amount


@cache
def _pattern(decimal: str) -> re.Pattern[str]:
    mark, between = re.escape(decimal), re.escape(OTHER[decimal])
    return re.compile(
        r"(?:(?P<before>[A-Za-z]{3})\s*)?(?P<sign>[-+]?)"
        rf"(?P<whole>[0-9]{{1,3}}(?:{between}[0-9]{{3}})+|[0-9]{{1,18}})"
        rf"(?:{mark}(?P<decimals>[0-9]{{1,18}}))?"
        r"(?:\s*(?P<after>[A-Za-z]{3}))?"
    )
