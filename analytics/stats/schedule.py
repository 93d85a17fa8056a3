"""How far a test is along its plan: what may be read already, and how many days are left."""

import math

from analytics.stats.results import Monitoring
from analytics.stats.verdicts import DecisionInputs

MINIMUM_DAYS = 14  # every weekday counts twice
WEEK = 7


def is_planned_size_reached(inputs: DecisionInputs, *, times: int = 1) -> bool:
    """Tell whether the planned units, or else the planned days, are reached so many times."""
    if inputs.planned_units is not None:
        return inputs.n_units >= times * inputs.planned_units
    return inputs.planned_days is not None and inputs.days_elapsed >= times * inputs.planned_days


def is_readable(inputs: DecisionInputs) -> bool:
    """Tell whether the comparisons may be read: always, or at the end of a fixed horizon."""
    if inputs.monitoring is Monitoring.ALWAYS_VALID or inputs.has_ended:
        return True
    if inputs.planned_days is not None:
        return inputs.days_elapsed >= inputs.planned_days
    return is_planned_size_reached(inputs)


def is_exhausted(inputs: DecisionInputs) -> bool:
    """Tell whether running on cannot decide: twice the plan, a fixed end, or a test that ended."""
    if inputs.has_ended or inputs.monitoring is Monitoring.FIXED:
        return True
    return is_planned_size_reached(inputs, times=2)


def has_minimum_days(inputs: DecisionInputs) -> bool:
    """Tell whether the test has run for two weeks."""
    return inputs.days_elapsed >= MINIMUM_DAYS


def has_whole_weeks(inputs: DecisionInputs) -> bool:
    """Tell whether the data cover whole weeks, so that no weekday weighs more than another."""
    return inputs.days_elapsed % WEEK == 0


def days_until_readable(inputs: DecisionInputs) -> int:
    """Return the days until the data cover two weeks or more, whole ones.

    The next such day is the same in every mode; a fixed horizon adds its own wait.
    """
    weeks = max(MINIMUM_DAYS // WEEK, math.ceil(inputs.days_elapsed / WEEK))
    return weeks * WEEK - inputs.days_elapsed


def days_until_planned(inputs: DecisionInputs) -> int | None:
    """Return the days to the planned size, or to twice it once that is passed; None unknown.

    From the rate of units so far where units are planned (returning units make later
    days a little poorer, so this is a lower estimate), else from the planned days.
    """
    times = 2 if is_planned_size_reached(inputs) else 1
    if inputs.planned_units is not None:
        if not (inputs.n_units and inputs.days_elapsed):
            return None
        missing = times * inputs.planned_units - inputs.n_units
        return max(0, math.ceil(missing * inputs.days_elapsed / inputs.n_units))
    if inputs.planned_days is None:
        return None
    return max(0, times * inputs.planned_days - inputs.days_elapsed)


def days_until_fixed_end(inputs: DecisionInputs) -> int | None:
    """Return the days to the planned end of a fixed horizon; None while the rate is unknown."""
    if inputs.planned_days is not None:
        return max(0, inputs.planned_days - inputs.days_elapsed)
    return days_until_planned(inputs)
