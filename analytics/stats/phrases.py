"""Parts of sentences about one comparison; also the help texts beside p-values and ranges."""

from collections.abc import Iterable

from analytics.stats.formats import (
    MINUS,
    ValueFormat,
    number,
    percent,
    percent_decimals,
    percent_range,
    short_percent,
)
from analytics.stats.results import Comparison, Direction, Interval, Monitoring, NonInferiority
from analytics.stats.verdicts import DecisionInputs


def range_phrase(comparison: Comparison, value_format: ValueFormat) -> str:
    """Return the signed range of the lift, or of the effect where no lift can be given."""
    if comparison.lift_interval is not None:
        return percent_range(comparison.lift_interval)
    interval = _require_interval(comparison)
    low = value_format.text(interval.low, is_signed=True)
    return f"{low} to {value_format.text(interval.high, is_signed=True)}"


def change_sentences(
    metric_name: str, comparison: Comparison, value_format: ValueFormat, *, where: str = ""
) -> tuple[str, str]:
    """Return what the metric did and the range, for an interval that excludes zero.

    `where` names the treatment when there are several: " with Hybrid".
    """
    interval = _require_interval(comparison)
    is_rise = interval.low > 0
    verb, noun = ("rose", "rise") if is_rise else ("fell", "fall")
    point, low, high = _sizes(comparison, value_format, is_rise=is_rise)
    return (
        f"{metric_name} {verb} by {point}{where}.",
        f"The data are compatible with a {noun} between {low} and {high}.",
    )


def end_phrase(comparison: Comparison, value_format: ValueFormat, *, is_low: bool) -> str:
    """Return one end of that range, signed."""
    if comparison.lift_interval is not None:
        return _signed_percent(_end(comparison.lift_interval, is_low=is_low))
    end = _end(_require_interval(comparison), is_low=is_low)
    return value_format.text(end, is_signed=True)


def harmless_limit(inputs: DecisionInputs) -> str:
    """Return the limit of a change that only has to be harmless, on its bad side: −1.5 %."""
    sign = MINUS if inputs.direction is Direction.UP else "+"
    return f"{sign}{short_percent(inputs.harmless_margin or 0.0)}"


def worst_phrase(finding: NonInferiority) -> str | None:
    """Return the change for the worse that a guardrail's data leave possible, where bounded."""
    return None if finding.worst_lift is None else _signed_percent(finding.worst_lift)


def days_phrase(days: int) -> str:
    """Return a number of days: 1 day, 9 days."""
    return f"{number(days)} day" if days == 1 else f"{number(days)} days"


def p_value_help(p_value: float) -> str:
    """Return what a p-value means, for the help beside it."""
    shown = "0.01" if p_value < 0.0001 else f"{100 * p_value:.2f}".rstrip("0").rstrip(".")
    return (
        "If the two versions were truly the same, a difference this large would be seen "
        f"in fewer than {shown}\N{NARROW NO-BREAK SPACE}% of such tests."
    )


def range_help(monitoring: Monitoring, *, alpha: float = 0.05) -> str:
    """Return what a range promises, for the help beside it."""
    when = "at every look" if monitoring is Monitoring.ALWAYS_VALID else "at the planned end"
    per_hundred = f"{100 * (1 - alpha):.1f}".rstrip("0").rstrip(".")
    return f"This range holds {when}, {per_hundred} times in 100 tests."


def listed(names: Iterable[str]) -> str:
    """Return names in a row: A, B and C."""
    *first, last = list(names)
    return f"{', '.join(first)} and {last}" if first else last


def _sizes(
    comparison: Comparison, value_format: ValueFormat, *, is_rise: bool
) -> tuple[str, str, str]:
    """Return point, smaller and larger end, all without sign; lift where there is one."""
    if comparison.lift is not None and comparison.lift_interval is not None:
        interval = comparison.lift_interval if is_rise else comparison.lift_interval.flipped()
        decimals = percent_decimals(comparison.lift, interval.low, interval.high)
        numbers = (abs(comparison.lift), interval.low, interval.high)
        point, low, high = (percent(each, decimals=decimals) for each in numbers)
        return point, low, high
    interval = _require_interval(comparison)
    interval = interval if is_rise else interval.flipped()
    numbers = (abs(comparison.effect or 0.0), interval.low, interval.high)
    point, low, high = (value_format.text(each) for each in numbers)
    return point, low, high


def _signed_percent(fraction: float) -> str:
    return percent(fraction, decimals=percent_decimals(fraction), is_signed=True)


def _end(interval: Interval, *, is_low: bool) -> float:
    return interval.low if is_low else interval.high


def _require_interval(comparison: Comparison) -> Interval:
    """Return the interval of the effect; a sentence about one must not be asked without."""
    if comparison.interval is None:
        raise ValueError("a comparison without an interval has no range to tell")
    return comparison.interval
