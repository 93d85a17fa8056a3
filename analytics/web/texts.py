"""Cells of the metric tables as text; what is not there is a dash, never a zero."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from analytics.stats.formats import (
    MINUS,
    ValueFormat,
    number,
    p_value_text,
    percent,
    short_percent,
)
from analytics.stats.formats import percent_decimals as decimals_for

NOTHING = "–"
NBSP = "\N{NO-BREAK SPACE}"


def value_text(written: ValueFormat, value: float | None, *, is_signed: bool = False) -> str:
    """Return a value in its metric's format."""
    return NOTHING if value is None else written.text(value, is_signed=is_signed)


def tick_text(written: ValueFormat, value: float, step: float) -> str:
    """Return a signed value on an axis; money without minor units where its step has none."""
    if written.kind == "money" and step >= 10**written.minor_digits:
        written = replace(written, decimals=0)
    return written.text(value, is_signed=True)


def value_range(written: ValueFormat, span: Mapping[str, float] | None) -> str:
    """Return both ends of an absolute effect's range."""
    if span is None:
        return NOTHING
    return " to ".join(written.text(span[end], is_signed=True) for end in ("low", "high"))


def lift_text(value: float | None, span: Mapping[str, float] | None = None) -> str:
    """Return a signed percentage, no finer than its range where it has one."""
    if value is None:
        return NOTHING
    ends = (span["low"], span["high"]) if span else (value,)
    return percent(value, decimals=decimals_for(*ends), is_signed=True)


def lift_range(span: Mapping[str, float] | None) -> str:
    """Return both ends of a lift's range."""
    if span is None:
        return "no relative range"
    decimals = decimals_for(span["low"], span["high"])
    ends = (percent(span[end], decimals=decimals, is_signed=True) for end in ("low", "high"))
    return " to ".join(ends)


def limit_text(value: float) -> str:
    """Return a limit that a person typed, signed, without trailing zeros."""
    return ("+" if value > 0 else MINUS) + short_percent(abs(value))


def p_text(compared: Mapping[str, Any]) -> str:
    """Return a p-value, the adjusted one where several were looked at; never broken in lines."""
    adjusted, plain = compared["p_adjusted"], compared["p_value"]
    if adjusted is not None:
        return f"p{NBSP}{_unbroken(adjusted)}, adjusted"
    return "" if plain is None else f"p{NBSP}{_unbroken(plain)}"


def quotient(metric: Mapping[str, Any], value: Mapping[str, Any], written: ValueFormat) -> str:
    """Return what a value is a quotient of; money in whole units, the exports have it exactly."""
    above = value["numerator"]
    if metric["format"] == "money":
        whole = ValueFormat("money", 0, written.currency, written.minor_digits)
        return f"{whole.text(above)} / {number(value['denominator'])}"
    return f"{number(above)} / {number(value['denominator'])}"


def _unbroken(p_value: float) -> str:
    return p_value_text(p_value).replace(" ", NBSP)
