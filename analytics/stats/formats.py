"""Numbers as a reader sees them: real minus, thin space before %, money from minor units."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from analytics.stats.results import Interval

MINUS = "\N{MINUS SIGN}"
THIN = "\N{NARROW NO-BREAK SPACE}"  # thin, and never the end of a line
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}
_MOST_DECIMALS = 4  # of a percentage: finer differences are for the table, not the sentence


@dataclass(frozen=True, slots=True)
class ValueFormat:
    """How values of one metric are written: money in minor units of `currency`, time in µs."""

    kind: Literal["percent", "money", "number", "time"] = "number"
    decimals: int = 2
    currency: str = ""
    minor_digits: int = 2

    def text(self, value: float, *, is_signed: bool = False) -> str:
        """Return the value as text.

        >>> ValueFormat("money", currency="EUR").text(-123456)
        '−€1,234.56'
        """
        if self.kind == "percent":
            return percent(value, decimals=self.decimals, is_signed=is_signed)
        if self.kind == "number":
            return number(value, decimals=self.decimals, is_signed=is_signed)
        if self.kind == "time":
            return f"{number(value / 1000, decimals=self.decimals, is_signed=is_signed)}{THIN}ms"
        major = abs(value) / 10**self.minor_digits
        amount = number(major, decimals=min(self.decimals, self.minor_digits))
        symbol = _SYMBOLS.get(self.currency)
        written = f"{symbol}{amount}" if symbol else f"{amount}{THIN}{self.currency}".rstrip()
        return _sign(value, has_digits=_shows_digits(amount), is_signed=is_signed) + written


def number(value: float, *, decimals: int = 0, is_signed: bool = False) -> str:
    """Return the number with thousands separated and a real minus; never a negative zero.

    >>> number(-180000), number(0.0004, decimals=2, is_signed=True)
    ('−180,000', '0.00')
    """
    step = Decimal(1).scaleb(-decimals)
    digits = f"{abs(Decimal(repr(float(value)))).quantize(step, ROUND_HALF_EVEN):,f}"
    return _sign(value, has_digits=_shows_digits(digits), is_signed=is_signed) + digits


def percent(fraction: float, *, decimals: int = 1, is_signed: bool = False) -> str:
    """Return a fraction as a percentage: 0.031 is 3.1 %."""
    return f"{number(100 * fraction, decimals=decimals, is_signed=is_signed)}{THIN}%"


def short_percent(fraction: float) -> str:
    """Return a percentage that a person typed, without trailing zeros: 0.02 is 2 %."""
    digits = number(100 * fraction, decimals=_MOST_DECIMALS).rstrip("0").rstrip(".")
    return f"{digits}{THIN}%"


def percent_decimals(*fractions: float) -> int:
    """Return the decimals, at least 1, that keep every non-zero fraction from reading as 0.

    >>> percent_decimals(0.031, 0.0004)
    2
    """
    for decimals in range(1, _MOST_DECIMALS):
        shown = (number(100 * each, decimals=decimals) for each in fractions if each)
        if all(_shows_digits(text) for text in shown):
            return decimals
    return _MOST_DECIMALS


def percent_range(interval: Interval) -> str:
    """Return both ends, signed: −1.2 % to +4.0 %."""
    decimals = percent_decimals(interval.low, interval.high)
    low = percent(interval.low, decimals=decimals, is_signed=True)
    return f"{low} to {percent(interval.high, decimals=decimals, is_signed=True)}"


def p_value_text(p_value: float) -> str:
    """Return a p-value as shown; the stored one keeps every digit.

    >>> p_value_text(3e-7), p_value_text(0.0496), p_value_text(0.47)
    ('< 0.0001', '0.0496', '0.47')
    """
    if p_value < 0.0001:
        return "< 0.0001"
    return f"{p_value:.4f}" if p_value < 0.1 else f"{p_value:.2f}"


def _sign(value: float, *, has_digits: bool, is_signed: bool) -> str:
    """Return the sign to write: none on what reads as zero."""
    if not has_digits:
        return ""
    return MINUS if value < 0 else "+" if is_signed else ""


def _shows_digits(text: str) -> bool:
    """Tell whether a number does not read as zero."""
    return text.strip("+−0.,") != ""
