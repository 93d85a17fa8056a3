"""What this room checks before a launch: what decides, whether it is counted, if it suffices."""

from django.db.models import Q, QuerySet

from analytics.launch.asked import DAYS as PLANNED_DAYS
from analytics.launch.asked import Asked
from analytics.launch.history import DAYS
from analytics.launch.metric_plan import MetricPlan
from analytics.launch.planner import ENOUGH_POWER, CannotPlan, plan_primary
from analytics.models import Metric
from analytics.queries import DAY_US, event_types
from analytics.reporting.scope import data_cut_us
from analytics.selectors import metrics_of, query_of
from experiments.checks.plan import scheduled_days
from experiments.checks.tryout import tester_slates
from experiments.models import Event, Experiment, Slate
from experiments.registries import Check

MOST_SLATES = 200  # of testers, whose events are looked for
UNIT_IDS = ("visitor_id", "account_id", "session_id")


def measuring_checks(experiment: Experiment) -> list[Check]:
    """Return the checks of the primary metric, of what is counted, and of the plan's power."""
    metrics = metrics_of(experiment)
    primary = [each.metric for each in metrics if each.role == Metric.Role.PRIMARY]
    return [
        _primary(primary),
        _counted_lately(experiment, [each.metric for each in metrics]),
        _counted_in_test(experiment, primary),
        _power(experiment),
    ]


def _primary(primary: list[Metric]) -> Check:
    found = [f"{metric.name}, {_direction(metric)}" for metric in primary]
    return Check(
        "One metric decides, and says which way is good",
        len(primary) == 1 and primary[0].direction in Metric.Direction.values,
        "; ".join(found) or "no metric is primary",
        "Make exactly one metric primary, and give it a direction.",
        code="primary_metric",
        link="metrics",
    )


def _direction(metric: Metric) -> str:
    labels = dict(Metric.Direction.choices)
    return str(labels.get(metric.direction, "without a direction"))


def _warning(name: str, passed: bool, detail: str, fix: str, *, code: str, link: str) -> Check:
    return Check(name, passed, detail, fix, code=code, is_hard=False, link=link)


def _counted_lately(experiment: Experiment, metrics: list[Metric]) -> Check:
    """Check that each metric was counted lately: one that the shop never sends stays at zero."""
    from_us = data_cut_us(experiment) - DAYS * DAY_US
    slates = Slate.objects.filter(site=experiment.site_id, ts_us__gte=from_us)
    events = Event.objects.filter(site=experiment.site_id, ts_us__gte=from_us)
    silent = [each.name for each in metrics if not _counts(each, slates, events)]
    period = f"in the last {DAYS} days"
    return _warning(
        "Every metric was counted lately",
        not silent,
        f"nothing {period}: {', '.join(silent)}" if silent else f"each of them {period}",
        "Send the events that these metrics count, or choose other metrics.",
        code="silent_metric",
        link="metrics",
    )


def _counts(metric: Metric, slates: QuerySet[Slate], events: QuerySet[Event]) -> bool:
    """Return whether the rows hold anything that the metric's numerator counts."""
    counted = metric.numerator
    if counted.get("source") == "slates":
        clicked = slates.filter(clicked__gt=0) if counted.get("sum") == "clicked" else slates
        return clicked.exists()
    return events.filter(type__in=event_types([query_of(metric)])).exists()


def _counted_in_test(experiment: Experiment, primary: list[Metric]) -> Check:
    """Check that something of the primary metric came from a tester who had met the experiment."""
    slates = tester_slates(experiment)
    passed = len(primary) == 1 and _counts(primary[0], slates, _events_after(experiment, slates))
    wanted = primary[0].name if len(primary) == 1 else "the primary metric"
    return _warning(
        "The primary metric was counted in test mode",
        passed,
        f"{wanted}: {'counted' if passed else 'nothing of it'} after a list in test mode",
        "Do in test mode what the metric counts, such as an order, after a list was served.",
        code="qa_event",
        link="metrics",
    )


def _events_after(experiment: Experiment, slates: QuerySet[Slate]) -> QuerySet[Event]:
    """Return the events that quote a tester's list, or that are of the same unit later on."""
    rows = list(slates.order_by("-id").values("request_id", "ts_us", *UNIT_IDS)[:MOST_SLATES])
    if not rows:
        return Event.objects.none()
    found = Q(request_id__in=[row["request_id"] for row in rows])
    for column in UNIT_IDS:
        ids = {row[column] for row in rows} - {""}
        found |= Q(**{f"{column}__in": ids})
    first_us = min(row["ts_us"] for row in rows)
    return Event.objects.filter(found, site=experiment.site_id, ts_us__gte=first_us)


def _power(experiment: Experiment) -> Check:
    passed, detail, fix = _plan_found(experiment)
    name = f"The plan finds what it looks for in {100 * ENOUGH_POWER:.0f} of 100 cases"
    return _warning(name, passed, detail, fix, code="power", link="duration")


def _plan_found(experiment: Experiment) -> tuple[bool, str, str]:
    """Return whether the power suffices, with the figures, and what would mend it."""
    days = scheduled_days(experiment)
    try:
        asked = Asked.of(experiment, days=min(max(days, PLANNED_DAYS[0]), PLANNED_DAYS[1]))
        plan = plan_primary(experiment, asked)
    except CannotPlan as why:
        return False, f"cannot be planned: {why}", "Gather four weeks of data first, or waive this."
    figures = f"{days} days bring about {plan.traffic.units_by(days):,.0f} units"
    smallest = plan.found.lift if plan.found else None
    could = f", which show a lift of {_per_cent(smallest)} or more" if smallest else ""
    if plan.power is None or experiment.mde is None:
        detail = f"no lift worth detecting is named, or none possible; {figures}{could}"
        return False, detail, "Name the smallest lift that would matter."
    detail = f"{figures}{could}; a lift of {100 * experiment.mde:g} % of {plan.known.name} is"
    return (
        plan.power >= ENOUGH_POWER,
        f"{detail} found in {100 * plan.power:.0f} of 100 cases",
        _longer(plan),
    )


def _longer(plan: MetricPlan) -> str:
    days = plan.needed.days if plan.needed else None
    if not days:
        return "A year would not do: take more traffic, or look for a larger lift."
    return f"Plan {days} days, take more traffic, or look for a larger lift."


def _per_cent(lift: float) -> str:
    """Return a lift in per cent: a whole number from 10 % on, else two figures."""
    return f"{100 * lift:,.0f} %" if lift >= 0.1 else f"{100 * lift:.2g} %"
