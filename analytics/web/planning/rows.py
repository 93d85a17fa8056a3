"""Each metric's plan in words and figures, both ways."""

from dataclasses import dataclass

from analytics.formatting import value_format
from analytics.launch.metric_plan import MetricPlan, Shown, why_never
from analytics.models import Metric
from analytics.stats.formats import number, percent, percent_decimals, short_percent
from analytics.stats.planning.mde import WeekMde
from analytics.web.texts import NOTHING, value_text

SURE = 0.99


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One metric; `missing` or `never` instead of figures where there are none.

    `found`, `effect`: what the asked days show; `needed`, `units`: what the sought effect takes.
    """

    key: str
    name: str
    role: str
    value: str
    past: str
    found: str
    effect: str
    sought: str
    needed: str
    units: str
    power: str
    missing: str = ""
    never: str = ""


def row_of(plan: MetricPlan, currency: str, *, uses_cuped: bool) -> PlanRow:
    """Return a metric's row."""
    known, metric = plan.known, plan.known.chosen.metric
    form = value_format(metric.format, currency)
    value = known.history.value if known.history else None
    return PlanRow(
        key=metric.key,
        name=known.name,
        role=str(Metric.Role(known.chosen.role).label),
        value=value_text(form, value),
        past=past_text(plan, uses_cuped=uses_cuped),
        found=found_text(plan),
        effect=effect_text(plan, plan.found, currency),
        sought=sought_text(plan),
        needed=needed_text(plan),
        units=f"{number(plan.n_needed)} units" if plan.n_needed else "",
        power=_power_text(plan),
        missing=known.missing,
        never=why_never(plan),
    )


def lift_text(plan: MetricPlan, lift: float | None) -> str:
    """Return a lift in the direction that is looked for, a dash where there is none."""
    if lift is None:
        return NOTHING
    return percent(plan.sign * lift, decimals=percent_decimals(lift), is_signed=True)


def found_text(plan: MetricPlan) -> str:
    """Return the smallest lift that the asked days show, or that they show none."""
    found = plan.found
    if found is None or found.effect is None:
        return "nothing" if found else NOTHING
    return "no relative change" if found.lift is None else lift_text(plan, found.lift)


def effect_text(plan: MetricPlan, shown: Shown | WeekMde | None, currency: str) -> str:
    """Return the smallest effect in the metric's own unit, "" where there is none."""
    if shown is None or shown.effect is None:
        return ""
    form = value_format(plan.known.chosen.metric.format, currency)
    return form.text(plan.sign * shown.effect, is_signed=True)


def sought_text(plan: MetricPlan) -> str:
    """Return what is to be found, or excluded, in words."""
    if plan.sought is None:
        return "no lift is named"
    if plan.is_guardrail:
        return f"to exclude a loss of {short_percent(plan.sought)}"
    sign = "−" if plan.sign < 0 else "+"
    return f"to find {sign}{short_percent(plan.sought)}"


def needed_text(plan: MetricPlan) -> str:
    """Return how many days what is sought takes, "never" where it is not reached."""
    if plan.sought is None or plan.known.history is None:
        return NOTHING
    if plan.needed is None or plan.needed.days is None:
        return "never"
    return f"{number(plan.needed.days)} days"


def past_text(plan: MetricPlan, *, uses_cuped: bool) -> str:
    """Return what the units' own past does for a metric."""
    known = plan.known
    if known.history is None:
        return ""
    if known.kept is None:
        return "their past says nothing of it"
    left = percent(known.kept, decimals=0)
    if not known.uses_past:
        return f"past not taken out; {left} of the variance would be left"
    if not uses_cuped:
        return f"past left in; {left} of the variance would be left"
    return f"past taken out; {left} of the variance is left"


def _power_text(plan: MetricPlan) -> str:
    if plan.power is None or plan.found is None:
        return ""
    return f"what is sought is shown in {_often(plan.power)} of cases"


def _often(power: float) -> str:
    """Return how often something happens that is never sure and never impossible."""
    if power >= SURE:
        return f"over {percent(SURE, decimals=0)}"
    return (
        percent(power, decimals=0)
        if power >= 1 - SURE
        else f"under {percent(1 - SURE, decimals=0)}"
    )
