"""How a metric's values are written, by its format and the site's currency."""

from analytics.stats.formats import ValueFormat

# ISO 4217 exponents that are not 2.
MINOR_DIGITS = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0,
    "KMF": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


def value_format(format_: str, currency: str) -> ValueFormat:
    """Return the formatter of a metric's values; money is in minor units.

    >>> value_format("money", "JPY").text(1200)
    '1,200\u202fJPY'
    """
    if format_ == "money":
        digits = MINOR_DIGITS.get(currency, 2)
        return ValueFormat("money", decimals=2, currency=currency, minor_digits=digits)
    if format_ == "percent":
        return ValueFormat("percent", decimals=2)
    return ValueFormat("number", decimals=3)
