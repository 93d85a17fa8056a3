"""Whether results that are to be read once were looked at before their planned end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Sum

from analytics.models import Analysis, ReportLook
from analytics.stats.formats import number, percent
from analytics.stats.monitoring.operating import rejection_probability
from analytics.stats.references import upper_quantile
from analytics.trust.facts import Facts
from analytics.trust.finding import Finding, State, Table, unknown
from experiments.models import Experiment, Phase

CODE = "peeking"
MOST_LOOKS = 100  # more raise the chance hardly any further
CAUSES = (
    "somebody wanted to know how it stands",
    "the report is open on a screen that everybody sees",
)
ACTION = (
    "Keep to the planned end whatever was seen. If it was ended early for that, its p-value does"
    " not hold: run it again, or choose always-valid monitoring the next time."
)


@dataclass(frozen=True, slots=True)
class Looks:
    """How often, by how many and on how many days a report was opened too early."""

    times: int
    readers: int
    days: int
    refreshes: int


def check_peeking(facts: Facts) -> Iterator[Finding]:
    """Yield the finding: with a fixed horizon every early look warns; always-valid ones are free.

    Early looks see no p-value and no interval of the fixed test, only whether harm is shown, so
    that they never block.
    """
    experiment = facts.scope.experiment
    if experiment.monitoring != Experiment.Monitoring.FIXED:
        yield Finding(CODE, State.GOOD, "The report may be read at any time.", "Always valid.")
        return
    if experiment.site.is_simulated:
        evidence = "The site's clock is simulated: readers live at another time."
        yield unknown(CODE, "Early looks cannot be told here.", evidence)
        return
    end = planned_end(experiment, facts.scope.phase)
    looks = looks_before(experiment, facts.scope.phase, end)
    state = State.WARN if looks.times else State.GOOD
    yield Finding(
        CODE,
        state,
        _claim(looks),
        _evidence(looks, facts.scope.choices.alpha),
        CAUSES if looks.times else (),
        ACTION if looks.times else "",
        _table(looks),
    )


def planned_end(experiment: Experiment, phase: int) -> datetime | None:
    """Return when a fixed horizon ends, None for one that has not begun."""
    row = Phase.objects.filter(experiment=experiment, number=phase).first()
    began = row.started_at if row else experiment.started_at
    return began + timedelta(days=experiment.planned_days) if began else None


def looks_before(experiment: Experiment, phase: int, end: datetime | None) -> Looks:
    """Return the looks at a phase's report, and its refreshes, before its planned end."""
    rows = ReportLook.objects.filter(experiment=experiment, phase=phase)
    ready = Analysis.objects.filter(
        experiment=experiment, phase=phase, status=Analysis.Status.READY
    )
    if end is not None:
        rows, ready = rows.filter(first_at__lt=end), ready.filter(created_at__lt=end)
    found = rows.aggregate(
        times=Sum("times"), n=Count("reader", distinct=True), days=Count("day", distinct=True)
    )
    return Looks(found["times"] or 0, found["n"], found["days"], ready.count())


def chance_with(looks: int, alpha: float) -> float:
    """Return how often a true zero would be called an effect if each look could end the test.

    Looks at equal steps of information, after Armitage, McPherson & Rowe (1969), JRSS-A 132.

    >>> round(chance_with(5, 0.05), 3)
    0.142
    """
    n = min(looks, MOST_LOOKS)
    bound = upper_quantile(alpha / 2)
    return rejection_probability([(look + 1) / n for look in range(n)], [bound] * n)


def _claim(looks: Looks) -> str:
    if not looks.times:
        return "Nobody read the report before its planned end."
    return f"The report was opened {number(looks.times)} times before its planned end."


def _evidence(looks: Looks, alpha: float) -> str:
    refreshed = f"{number(looks.refreshes)} refreshes were stored."
    if not looks.times:
        return refreshed
    chance = percent(chance_with(looks.days + 1, alpha), decimals=0)
    return (
        f"By {number(looks.readers)} readers on {number(looks.days)} days; {refreshed} If each of"
        f" these days could have ended it, {chance} of tests without an effect would show one."
    )


def _table(looks: Looks) -> Table:
    return Table(
        ("Before the planned end", "Number"),
        (
            ("Times opened", looks.times),
            ("Readers", looks.readers),
            ("Days on which it was opened", looks.days),
            ("Refreshes", looks.refreshes),
        ),
    )
