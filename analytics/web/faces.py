"""The states of a report and the sentence each begins with: nothing that failed looks empty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from experiments.models import Experiment

VERDICT_TONES = {
    "ship": "good",
    "stop": "bad",
    "withheld": "bad",
    "keep_running": "info",
    "do_not_read_yet": "warn",
    "no_meaningful_gain": "idle",
    "inconclusive": "idle",
    "no_data": "idle",
}
STATUS_TONES = {"running": "info", "scheduled": "info", "paused": "warn", "review": "warn"}
SETTING_WORDS = {
    "has_ended": "the run has ended",
    "mde": "the smallest lift worth detecting",
    "window_days": "days that events count",
    "uses_cuped": "use of history",
    "uses_winsor": "cap on extremes",
    "count_unverified": "whether unverified purchases count",
    "timezone": "the site’s time zone",
}
NOT_STARTED = {"draft", "review", "scheduled"}


class Face(StrEnum):
    """Which state the page shows."""

    READY = "ready"
    STALE = "stale"
    EMPTY = "empty"
    COMPUTING = "computing"
    FAILED = "failed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Said:
    """The stamp with its tone, the sentence, and the reason below it."""

    tone: str
    stamp: str
    sentence: str
    why: str = ""


def status_tone(status: str) -> str:
    """Return the tone of an experiment's status."""
    return STATUS_TONES.get(status, "idle")


def listed_verdict(newest: str | None, state: str | None, headline: str | None) -> tuple[str, str]:
    """Return tone and words of a report in a list, from its newest analysis' status."""
    if newest == "failed":
        return "bad", "Computation failed"
    if state and headline:
        return VERDICT_TONES.get(state, "idle"), headline.rstrip(".")
    if newest in {"queued", "computing"}:
        return "info", "Computing"
    return "idle", "No verdict" if newest else "No report yet"


def said(
    face: Face, experiment: Experiment, results: Mapping[str, Any], changed: Sequence[str] = ()
) -> Said:
    """Return what the page says first; `changed`: the settings since a stale report."""
    match face:
        case Face.READY:
            return _verdict(results)
        case Face.STALE:
            return _stale(results, changed)
        case Face.EMPTY:
            return _empty(experiment)
        case Face.MISSING:
            return _missing(experiment)
        case Face.COMPUTING:
            why = "You can leave this page; nothing is lost."
            return Said("info", "Computing", "The report is being computed.", why)
        case Face.FAILED:
            return _failed(has_older=bool(results))


def _verdict(results: Mapping[str, Any]) -> Said:
    verdict = results.get("verdict")
    if not verdict:
        why = "Name a primary metric in the experiment, or mend the one that failed below."
        return Said("idle", "No verdict", "No primary metric could be computed.", why)
    sentences = list(verdict["sentences"]) or [verdict["headline"]]
    tone = VERDICT_TONES.get(verdict["state"], "idle")
    return Said(tone, verdict["headline"].rstrip("."), sentences[0], " ".join(sentences[1:]))


def _stale(results: Mapping[str, Any], changed: Sequence[str]) -> Said:
    was = (results.get("verdict") or {}).get("headline", "").rstrip(".")
    stamp = f"Out of date · was: {was}" if was else "Out of date"
    named = ", ".join(SETTING_WORDS.get(name, name.replace("_", " ")) for name in changed)
    why = "The figures below were computed with the earlier ones. Refresh before deciding."
    sentence = "The experiment or its settings changed after this report."
    return Said("warn", stamp, sentence, f"Changed since: {named}. {why}" if named else why)


def _empty(experiment: Experiment) -> Said:
    if experiment.status in NOT_STARTED:
        return _missing(experiment)
    why = "The report begins with the first list that a unit of the experiment is served."
    return Said("idle", "No data yet", "No unit has been exposed so far.", why)


def _missing(experiment: Experiment) -> Said:
    if experiment.status in NOT_STARTED:
        why = "Its report begins with the first unit that is exposed."
        return Said("idle", "Not started", "The experiment has not started.", why)
    why = "Nobody has asked for one. Refresh computes it from the rows stored now."
    return Said("idle", "No report yet", "This experiment has no report.", why)


def _failed(*, has_older: bool) -> Said:
    why = "Below is the last report that could be, with its own time." if has_older else ""
    why = why or "There is no earlier one. Refresh tries again."
    return Said("bad", "Computation failed", "The newest report could not be computed.", why)
