"""The programme as its page shows it: every number already written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.http import urlencode

from analytics.programme.conflicts import Conflict, conflicts_of, crowded
from analytics.programme.entries import Effect, Entry, Programme
from analytics.programme.impact import Impact, impact_of
from analytics.programme.pace import Month, WinRate, pace_of, win_rate
from analytics.stats.formats import number, percent
from analytics.web.faces import VERDICT_TONES, status_tone
from analytics.web.plots import Plot, columns_of, scale_over, x_labels, y_ticks
from experiments.models import Experiment

HEIGHT = 96
OUTCOME_TONES = {"won": "good", "lost": "idle", "broken": "bad"}


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One experiment in the table."""

    name: str
    key: str
    site: str
    owner: str
    url: str
    status: str
    status_tone: str
    tone: str
    verdict: str
    lift: str
    outcome: str
    outcome_tone: str


@dataclass(frozen=True, slots=True)
class ImpactRow:
    """The summed impact on one primary metric."""

    metric: str
    experiments: str
    shipped: str
    raw: str
    total: str
    range: str
    common: str


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """Two experiments that touch each other."""

    tone: str
    first: tuple[str, str]
    second: tuple[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class ProgrammeView:
    """Everything on the page."""

    rows: tuple[EntryRow, ...]
    left_out: int
    rate: str
    rate_range: str
    rate_of: str
    under_way: str
    started: str
    decided: str
    pace: tuple[Plot, Plot]
    months: tuple[Month, ...]
    impacts: tuple[ImpactRow, ...]
    conflicts: tuple[ConflictRow, ...]
    crowded: tuple[str, ...]


def programme_view(programme: Programme, today: date) -> ProgrammeView:
    """Return the page of a programme, as of a day."""
    entries = programme.entries
    rate = win_rate(entry.outcome for entry in entries)
    months = pace_of(
        (e.experiment.started_at.date() for e in entries if e.experiment.started_at),
        (e.decided_at.date() for e in entries if e.decided_at),
        today=today,
    )
    conflicts = conflicts_of(entries, programme.primaries)
    return ProgrammeView(
        rows=tuple(_row(entry) for entry in entries),
        left_out=programme.left_out,
        rate=percent(rate.rate, decimals=0) if rate.rate is not None else "–",
        rate_range=_rate_range(rate),
        rate_of=f"{number(rate.won)} won of {number(rate.decided)} decided",
        under_way=number(sum(e.experiment.status in {"running", "paused"} for e in entries)),
        started=number(sum(month.started for month in months)),
        decided=number(sum(month.decided for month in months)),
        pace=(_pace(months, "started"), _pace(months, "decided")),
        months=tuple(months),
        impacts=tuple(_impacts(programme)),
        conflicts=tuple(_conflict(each) for each in conflicts),
        crowded=tuple(
            f"{name}: {percent(total, decimals=0)} of its units are asked for"
            for name, total in crowded(entries)
        ),
    )


def _row(entry: Entry) -> EntryRow:
    experiment = entry.experiment
    return EntryRow(
        name=experiment.name,
        key=experiment.key,
        site=experiment.site.name,
        owner=experiment.owner.get_username() if experiment.owner else "nobody",
        url=report_url(experiment),
        status=experiment.status,
        status_tone=status_tone(experiment.status),
        tone=VERDICT_TONES.get(entry.verdict, "idle"),
        verdict=entry.headline or "No verdict",
        lift=lift_of(entry),
        outcome=entry.outcome or "open",
        outcome_tone=OUTCOME_TONES.get(entry.outcome, "idle"),
    )


def report_url(experiment: Experiment) -> str:
    """Return the address of an experiment's report."""
    site = urlencode({"site": experiment.site.slug})
    return f"{reverse('reports:detail', args=[experiment.key])}?{site}"


def lift_of(entry: Entry) -> str:
    """Return the lift of the treatment that was shipped, else of the only one; "" otherwise.

    Of several treatments none is shown before a decision: the largest would look better than it is.
    """
    effect = effect_of(entry)
    return percent(effect.lift, is_signed=True) if effect else ""


def effect_of(entry: Entry) -> Effect | None:
    """Return the effect of the treatment that an experiment stands for, None where it is open."""
    shipped = [each for each in entry.effects if each.treatment == entry.shipped]
    if shipped:
        return shipped[0]
    readable = entry.verdict not in {"withheld", "do_not_read_yet", "no_data", ""}
    return entry.effects[0] if readable and len(entry.effects) == 1 else None


def _rate_range(rate: WinRate) -> str:
    if rate.interval is None:
        return "no experiment is decided yet"
    low, high = (percent(end, decimals=0) for end in (rate.interval.low, rate.interval.high))
    return f"95 % interval {low} to {high}"


def _pace(months: Sequence[Month], what: str) -> Plot:
    values = [float(getattr(month, what)) for month in months]
    scale = scale_over(values, steps=2, least=1.0)
    texts = [f"{date.fromisoformat(f'{month.month}-01'):%b}" for month in months]
    told = ", ".join(f"{text} {number(n)}" for text, n in zip(texts, values, strict=True))
    return Plot(
        label=f"Experiments {what} per month: {told}",
        height=HEIGHT,
        y_ticks=y_ticks(scale, [number(value) for value in scale.values], HEIGHT),
        x_labels=x_labels(texts, most=6),
        columns=columns_of(values, scale, HEIGHT),
    )


def _impacts(programme: Programme) -> list[ImpactRow]:
    """Return the impact on each primary metric: lifts of one metric alone can be summed."""
    by_metric: dict[str, list[Entry]] = {}
    for entry in programme.entries:
        metric = programme.primaries.get(entry.experiment.pk, "the site’s default")
        if entry.effects and effect_counts(entry):
            by_metric.setdefault(metric, []).append(entry)
    return [_impact(metric, entries) for metric, entries in sorted(by_metric.items())]


def effect_counts(entry: Entry) -> bool:
    """Tell whether an experiment's lifts may be drawn on: over, and its data can be trusted."""
    is_over = entry.experiment.status in {"ended", "archived"}
    return is_over and entry.verdict != "withheld" and entry.outcome != "broken"


def _impact(metric: str, entries: Sequence[Entry]) -> ImpactRow:
    effects = {
        f"{entry.experiment.pk}:{each.treatment}": (each.lift, each.se)
        for entry in entries
        for each in entry.effects
    }
    shipped = [f"{entry.experiment.pk}:{entry.shipped}" for entry in entries if entry.shipped]
    found = impact_of(effects, shipped)
    return ImpactRow(
        metric=metric.replace("_", " "),
        experiments=number(len(entries)),
        shipped=number(found.n_shipped),
        raw=percent(found.raw, is_signed=True) if found.n_shipped else "–",
        total=_total(found),
        range=_range(found),
        common=_common(found),
    )


def _total(found: Impact) -> str:
    return percent(found.total, is_signed=True) if found.total is not None else "–"


def _range(found: Impact) -> str:
    if found.total is None:
        return "two measured treatments are needed"
    if found.interval is None:
        return "nothing was shipped"
    ends = (found.interval.low, found.interval.high)
    return " to ".join(percent(end, is_signed=True) for end in ends)


def _common(found: Impact) -> str:
    """Return what all treatments have in common, and how far the true ones differ."""
    if found.mean is None or found.tau is None:
        return f"{number(found.n_effects)} measured"
    mean, tau = percent(found.mean, is_signed=True), percent(found.tau)
    return f"{number(found.n_effects)} measured: {mean} on average, ± {tau} between them"


def _conflict(each: Conflict) -> ConflictRow:
    tone = "info" if each.same_layer else "warn" if each.same_metric else "idle"
    pair = [(e.experiment.name, report_url(e.experiment)) for e in (each.first, each.second)]
    return ConflictRow(tone, pair[0], pair[1], _meeting(each))


def _meeting(each: Conflict) -> str:
    if each.same_layer:
        return (
            f"Both take units of {each.place}: no unit is in both, so neither disturbs the other."
        )
    share = percent(each.shared, decimals=0)
    text = f"Up to {share} of the units of one are in the other too: their layers are hashed apart."
    if each.same_metric:
        return f"{text} Both are judged by {each.same_metric.replace('_', ' ')}."
    return text
