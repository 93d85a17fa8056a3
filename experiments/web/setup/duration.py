"""Step 6: how long it runs, when it ends, how it is read, and what that can show."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from experiments.clock import zone
from experiments.desks import PLANNERS, Plan, PlanWeek, desk_of
from experiments.models import Experiment, Site
from experiments.web.fields import percent, percent_text, whole
from experiments.web.setup.page import Parts, StepPage

MOST_UNITS = 2_000_000_000
MOST_DAYS = 365
CHART_HEIGHT = 140
BAR_WIDTH = 8.5  # per cent of the chart
WEEK = 7


class DurationForm(forms.Form):
    """Days, the end, the way of reading, and the smallest lift worth detecting."""

    planned_days = whole(
        1,
        MOST_DAYS,
        label="Planned run, days",
        help_text="Whole weeks are best, two at least: every weekday should count equally often.",
    )
    ends_on = forms.DateField(
        required=False,
        label="Ends by itself after",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The last day, in the site’s time zone. Empty: it runs until somebody ends it.",
    )
    lift = percent(
        high=1000,
        required=False,
        label="Smallest lift worth detecting, %",
        help_text="5 means: a smaller change than 5 % would not change your decision.",
    )
    monitoring = forms.ChoiceField(
        choices=Experiment.Monitoring.choices, label="How it may be read"
    )
    window_days = whole(
        1,
        MOST_DAYS,
        label="Days counted per unit",
        help_text="Purchases and clicks count for this long after a unit’s first exposure.",
    )
    planned_units = whole(
        1,
        MOST_UNITS,
        required=False,
        label="Units to wait for",
        help_text="If you know how many; the plan beside gives a figure.",
    )

    def __init__(self, *args: Any, site: Site, stored: datetime | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site, self.stored = site, stored

    def clean_ends_on(self) -> date | None:
        """Refuse a day that is over, unless it is the one that stood there."""
        day: date | None = self.cleaned_data["ends_on"]
        if day is None or day == day_of_end(self.stored, self.site):
            return day
        if day > timezone.now().date() + timedelta(days=3 * MOST_DAYS):
            raise forms.ValidationError("Choose a day within three years.")
        if end_of(day, self.site) <= timezone.now():
            raise forms.ValidationError(f"{day} is over; choose a day to come, or none.")
        return day


def end_of(day: date, site: Site) -> datetime:
    """Return the moment at which a day of the site's zone is over."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone(site.timezone))


def day_of_end(moment: datetime | None, site: Site) -> date | None:
    """Return the last whole day before a moment, in the site's zone."""
    if moment is None:
        return None
    return (moment.astimezone(zone(site.timezone)) - timedelta(microseconds=1)).date()


@dataclass(frozen=True, slots=True)
class Bar:
    """A week's bar of the planning chart; x and width in per cent, the rest in pixels."""

    week: int
    x: str
    middle: str
    y: str
    height: str
    text_y: str
    text: str
    is_planned: bool


def bars_of(plan: Plan, planned_days: int) -> list[Bar]:
    """Return the chart's bars, the planned week marked; weeks that show nothing have none."""
    lifts = [each.lift for each in plan.weeks if each.lift is not None]
    planned = max(1, round(planned_days / WEEK))
    return [
        _bar(position, each, max(lifts), planned)
        for position, each in enumerate(plan.weeks)
        if each.lift is not None
    ]


def _bar(position: int, week: PlanWeek, highest: float, planned: int) -> Bar:
    lift = week.lift or 0.0
    height = CHART_HEIGHT * lift / highest
    left = 2 + 12.5 * position
    return Bar(
        week=week.week,
        x=f"{left:.2f}%",
        middle=f"{left + BAR_WIDTH / 2:.2f}%",
        y=f"{CHART_HEIGHT + 20 - height:.1f}",
        height=f"{height:.1f}",
        text_y=f"{CHART_HEIGHT + 14 - height:.1f}",
        text=lift_text(lift),
        is_planned=week.week == planned,
    )


def lift_text(lift: float) -> str:
    """Return a lift in per cent as the chart writes it.

    >>> lift_text(0.0712), lift_text(0.0031)
    ('7.1\\u202f%', '0.31\\u202f%')
    """
    return f"{100 * lift:.2g}\N{NARROW NO-BREAK SPACE}%" if lift < 1 else f"{100 * lift:.0f}\u202f%"


def plan_of(experiment: Experiment) -> Plan:
    """Return what the experiment can show, or why that cannot be said."""
    planner = desk_of(PLANNERS)
    if planner is None:
        return Plan(missing="This installation has no planner.")
    return planner(experiment)


class DurationPage(StepPage):
    """How long it runs."""

    slug = "duration"
    title = "Duration"
    lead = "How long it runs, when it ends, and what it can show by then."

    def parts(self, request: HttpRequest, experiment: Experiment, data: Any = None) -> Parts:
        """Return the form."""
        initial = {
            "planned_days": experiment.planned_days,
            "ends_on": day_of_end(experiment.ends_at, experiment.site),
            "lift": percent_text(experiment.mde),
            "monitoring": experiment.monitoring,
            "window_days": experiment.window_days,
            "planned_units": experiment.planned_units,
        }
        site, stored = experiment.site, experiment.ends_at
        return {"form": DurationForm(data, initial=initial, site=site, stored=stored)}

    def changes(self, experiment: Experiment, parts: Parts) -> dict[str, Any]:
        """Return the plan's fields; a day that was not touched keeps its very moment."""
        data = dict(parts["form"].cleaned_data)
        day, lift = data.pop("ends_on"), data.pop("lift")
        data["mde"] = None if lift is None else float(lift) / 100
        if day != day_of_end(experiment.ends_at, experiment.site):
            data["ends_at"] = end_of(day, experiment.site) if day else None
        return data

    def context(self, request: HttpRequest, experiment: Experiment) -> dict[str, Any]:
        """Return the plan with its chart."""
        plan = plan_of(experiment)
        bars = bars_of(plan, experiment.planned_days)
        return {
            "plan": plan,
            "bars": bars,
            "planned": next((b for b in bars if b.is_planned), None),
        }
