"""How a metric's values are written, by its format and the site's currency."""

from analytics.stats.formats import ValueFormat
from experiments.money import minor_digits


def value_format(format_: str, currency: str) -> ValueFormat:
    """Return the formatter of a metric's values; money is in minor units.

    >>> value_format("money", "JPY").text(1200)
    '1,200\u202fJPY'
    """
    if format_ == "money":
        digits = minor_digits(currency)
        return ValueFormat("money", decimals=2, currency=currency, minor_digits=digits)
    if format_ == "percent":
        return ValueFormat("percent", decimals=2)
    if format_ == "time":
        return ValueFormat("time", decimals=1)
    return ValueFormat("number", decimals=3)
