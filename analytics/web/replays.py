"""A replay as its page shows it: every number written, every bar placed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from analytics.models import AaReplay
from analytics.reporting.scope import data_cut_us
from analytics.services.replays import SPLITS, replay_settings
from analytics.services.settings import changed_settings
from analytics.stats.formats import number, p_value_text, percent, short_percent
from analytics.web.progress import ComputingView, computing_of
from analytics.web.times import moment_text
from experiments.models import Experiment

HEIGHT = 44  # of a histogram, in pixels
OLD_US = timedelta(days=7) // timedelta(microseconds=1)
STATES = {
    "good": ("good", "As it should be"),
    "warn": ("warn", "Look at it"),
    "bad": ("bad", "Off"),
    "unknown": ("idle", "Not judged"),
}
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram: placed in per cent and pixels."""

    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """The p-values of single looks in bins; `due`: where each bar would end if all were alike."""

    bars: tuple[Bar, ...]
    due: str
    label: str
    cells: tuple[tuple[str, str], ...]
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class RowView:
    """One metric of one treatment."""

    name: str
    treatment: str
    tone: str
    state: str
    text: str
    action: str
    rate: str
    range: str
    due: str
    corrected: str
    uniform: str
    worst: str
    silent: str
    histogram: Histogram | None


@dataclass(frozen=True, slots=True)
class HttpView:
    """The splits that went through the interface."""

    agrees: bool
    text: str
    problems: tuple[str, ...]
    not_carried: str


@dataclass(frozen=True, slots=True)
class ReplayView:
    """The page. `state`: empty, computing, failed or ready; `stale`: why the last good one is."""

    state: str
    splits: str
    computing: ComputingView | None = None
    error: str = ""
    stale: str = ""
    lead: str = ""
    as_of: str = ""
    rows: tuple[RowView, ...] = ()
    alarms: tuple[str, str, str, str] | None = None
    http: HttpView | None = None
    command: str = ""


def replay_view(experiment: Experiment) -> ReplayView:
    """Return the newest replay of an experiment, with the figures of the newest that is ready."""
    rows = experiment.replays.all()
    newest = rows.defer("results", "moments", "sql").first()
    command = f"./armature manage aa {experiment.key} --site {experiment.site.slug}"
    if newest is None:
        return ReplayView("empty", number(SPLITS), command=command)
    ready = rows.filter(status=AaReplay.Status.READY).first()
    state = "computing" if not newest.is_finished else newest.status
    return ReplayView(
        state=state,
        splits=number(SPLITS),
        computing=computing_of(newest) if state == "computing" else None,
        error=newest.error,
        command=command,
        **(_figures(experiment, ready) if ready else {}),
    )


def _figures(experiment: Experiment, row: AaReplay) -> dict[str, Any]:
    replay: Mapping[str, Any] = row.results or {}
    alarms = replay["alarms"]
    tone, word = STATES[alarms["state"]]
    return {
        "stale": _stale(experiment, row),
        "lead": _lead(replay),
        "as_of": moment_text(experiment, row.data_cut_us),
        "rows": tuple(_row(each, replay) for each in replay["rows"]),
        "alarms": (tone, word, alarms["text"], alarms["action"]),
        "http": _newest_http(experiment, replay),
    }


def _stale(experiment: Experiment, row: AaReplay) -> str:
    """Return why a replay says no longer what one would say now, "" where it does."""
    changed = changed_settings(row.settings, replay_settings(experiment))
    if changed:
        return f"Changed since: {', '.join(name.replace('_', ' ') for name in changed)}."
    if data_cut_us(experiment) - row.data_cut_us > OLD_US:
        return "More than a week of visitors came since."
    return ""


def _lead(replay: Mapping[str, Any]) -> str:
    weights = " : ".join(str(each["weight"]) for each in replay["variants"])
    return (
        f"{number(replay['n_units'])} {replay['unit_type']}s of the last 28 days, those of"
        f" {number(replay['n_seen'])} seen who would enter, were split {weights} by"
        f" {number(replay['splits'])} different seeds. None of the splits changed anything, so"
        " every claim of a difference is false."
    )


def _row(row: Mapping[str, Any], replay: Mapping[str, Any]) -> RowView:
    found, worst = row["evidence"], row["worst"]
    tone, word = STATES[row["state"]]
    ends = found["interval"]
    is_fixed = replay["monitoring"] == "fixed"
    return RowView(
        name=row["name"],
        treatment=row["treatment_name"],
        tone=tone,
        state=word,
        text=row["text"],
        action=row["action"],
        rate=NOTHING if found["rate"] is None else percent(found["rate"]),
        range=f"{percent(ends['low'])} to {percent(ends['high'])}" if ends else "",
        due=f"{'' if is_fixed else 'at most '}{short_percent(found['alpha'])}",
        corrected=number(row["n_claims"]),
        uniform=NOTHING if found["ks_p"] is None else p_value_text(found["ks_p"]),
        worst=_worst(worst),
        silent=number(row["n_silent"]) if row["n_silent"] else "",
        histogram=_histogram(found["histogram"], row["name"]),
    )


def _worst(worst: Mapping[str, Any]) -> str:
    return f"{percent(worst['lift'], is_signed=True)} ({worst['seed']})" if worst else NOTHING


def _histogram(counts: Sequence[int], name: str) -> Histogram | None:
    total, top = sum(counts), max(counts, default=0)
    if not total:
        return None
    width = 100 / len(counts)
    bars = tuple(
        Bar(
            x=f"{width * place + 0.5:.2f}%",
            width=f"{width - 1:.2f}%",
            y=f"{HEIGHT * (1 - count / top):.1f}",
            height=f"{HEIGHT * count / top:.1f}",
        )
        for place, count in enumerate(counts)
    )
    due = total / len(counts)
    edges = [f"{place / len(counts):.2f}" for place in range(len(counts) + 1)]
    return Histogram(
        bars=bars,
        due=f"{HEIGHT * (1 - min(1.0, due / top)):.1f}",
        label=f"p-values of {name} in {len(counts)} bins from 0 to 1: {min(counts)} to {top} in"
        f" each, {due:.0f} due",
        cells=tuple(
            (f"{low} to {high}", number(count))
            for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
        ),
    )


def _newest_http(experiment: Experiment, replay: Mapping[str, Any]) -> HttpView | None:
    """Return what splits over HTTP came to: this replay's, or those of the last that had any."""
    http = replay["http"]
    if not http:
        ready = experiment.replays.filter(status=AaReplay.Status.READY, http_splits__gt=0)
        last = ready.first()
        http = (last.results or {}).get("http") if last else None
    if not http:
        return None
    return HttpView(
        agrees=http["agrees"],
        text=f"{number(http['splits'])} splits of {number(http['units'])} units:"
        f" {number(http['lists'])} lists and {number(http['events'])} events, through inbox,"
        f" drain, rollups and analysis of an installation apart.",
        problems=tuple(http["problems"]),
        not_carried=", ".join(http["not_carried"]),
    )
