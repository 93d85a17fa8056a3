"""Amounts of money as people write them; everywhere else they are integers in minor units."""

from decimal import Decimal

# ISO 4217 exponents that are not 2.
MINOR_DIGITS = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0,
    "KMF": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


def minor_digits(currency: str) -> int:
    """Return how many decimals a currency has."""
    return MINOR_DIGITS.get(currency, 2)


def to_major(amount: int, currency: str) -> Decimal:
    """Return an amount of minor units in whole ones, with all its decimals.

    >>> to_major(1990, "EUR"), to_major(1990, "JPY")
    (Decimal('19.90'), Decimal('1990'))
    """
    return Decimal(amount).scaleb(-minor_digits(currency))


def to_minor(value: Decimal, currency: str) -> int | None:
    """Return a value in minor units, None when the currency has not so many decimals.

    >>> to_minor(Decimal("19.9"), "EUR"), to_minor(Decimal("19.905"), "EUR")
    (1990, None)
    """
    amount = value.scaleb(minor_digits(currency))
    return int(amount) if amount == amount.to_integral_value() else None


def money_text(amount: int | None, currency: str) -> str:
    """Return an amount with its currency, a dash when there is none.

    >>> money_text(123456, "EUR"), money_text(None, "EUR")
    ('1,234.56\\xa0EUR', '–')
    """
    return "–" if amount is None else f"{to_major(amount, currency):,f}\N{NO-BREAK SPACE}{currency}"
