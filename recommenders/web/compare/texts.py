"""Numbers of the comparison as the page writes them."""

THIN = "\N{NARROW NO-BREAK SPACE}"
NOTHING = "–"


def percent_text(share: float | None) -> str:
    """Return a share in percent.

    >>> percent_text(0.123), percent_text(None)
    ('12.3\\u202f%', '–')
    """
    return NOTHING if share is None else f"{100 * share:.1f}{THIN}%"


def decimal_text(value: float | None, digits: int = 2) -> str:
    """Return a number with so many decimals, a dash for none.

    >>> decimal_text(0.5), decimal_text(None)
    ('0.50', '–')
    """
    return NOTHING if value is None else f"{value:.{digits}f}"


def time_text(ms: float | None) -> str:
    """Return a time in milliseconds.

    >>> time_text(0.42), time_text(84.2)
    ('0.4\\u202fms', '84\\u202fms')
    """
    if ms is None:
        return NOTHING
    return f"{ms:.1f}{THIN}ms" if ms < 10 else f"{ms:.0f}{THIN}ms"
