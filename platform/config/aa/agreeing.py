"""Whether a split that went through the interface came to what the rows say of it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.replay.history import past_cut
from analytics.replay.judging import Judge, Judged
from analytics.replay.running import Prepared
from analytics.replay.splitting import Places, Split
from analytics.replay.values import read_values
from analytics.reporting.metric_rows import stored_moments
from analytics.reporting.scope import one_moment
from analytics.selectors import ChosenMetric
from config.aa.recording import Sample
from experiments.models import Experiment

CLOSE = 1e-9  # of two floats that were made from the same whole numbers
FLOATS = ("effect", "se", "statistic", "p_value", "p_adjusted", "lift")
# Of a list only that it was served, and clicked, is carried over: it is served anew, and what is
# on it comes from another catalogue.
CARRIED = (None, "clicked")


@dataclass(frozen=True, slots=True)
class OnlySome:
    """A split of which only the units at some places take part."""

    split: Split
    places: NDArray[np.intp]

    def __call__(self, seed: str) -> Places:
        """Return the variants of those units, in the order of the places."""
        return self.split(seed)[self.places]


def judge_sample(prepared: Prepared, sample: Sample) -> Judge:
    """Return what judges splits of the sample by the rows here.

    Caps that follow the units are those of the sample, as they are where only it is known.
    """
    scope = prepared.scope
    is_watched = scope.experiment.monitoring == Experiment.Monitoring.ALWAYS_VALID
    places = np.array(sample.places, dtype=np.intp)
    with one_moment():
        values = read_values(
            scope,
            past_cut(scope.experiment, scope.until_us),
            prepared.units.rows[places],
            prepared.values.caps if is_watched else {},
        )
    return Judge(scope, values, OnlySome(prepared.hashed, places))


def is_carried(chosen: ChosenMetric) -> bool:
    """Tell whether a metric is of what is sent, not of what the service makes of a list."""
    sides = [chosen.metric.numerator, chosen.metric.denominator or {}]
    lists = [side for side in sides if side.get("source") == "slates"]
    return all(
        side.get("sum") in CARRIED and not side.get("where") and "value" not in side
        for side in lists
    )


def disagreements(judge: Judge, answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return every difference between the analyses apart and the rows here, in words."""
    return [
        f"{answer['seed']}: {problem}"
        for answer in answers
        for problem in _problems(judge, judge.judge(answer["seed"]), answer)
    ]


def _problems(judge: Judge, judged: Judged, answer: Mapping[str, Any]) -> Iterator[str]:
    if answer["refused"]:
        yield f"the interface refused events: {dict(answer['refused'])}"
    keys = [variant.key for variant in judge.scope.variants]
    here = dict(zip(keys, judged.units, strict=True))
    if here != dict(answer["units"]):
        yield f"units are {here} here and {dict(answer['units'])} apart"
    moments = stored_moments(judge.scope, judged.measured)
    for chosen in judge.scope.metrics:
        if is_carried(chosen):
            yield from _of_metric(chosen, judged, moments, answer)


def _of_metric(
    chosen: ChosenMetric,
    judged: Judged,
    moments: Mapping[str, Any],
    answer: Mapping[str, Any],
) -> Iterator[str]:
    key = chosen.metric.key
    row = answer["metrics"][key]
    if row["error"]:
        yield f"{key} could not be computed apart: {row['error']}"
        return
    if chosen.query.is_summed and row["source"] != "rollup":
        yield f"{key} was read from {row['source']} apart, not from rollups"
    apart = answer["moments"].get(key, {})
    for variant, sums in moments.get(key, {}).items():
        if sums != apart.get(variant):
            yield f"sums of {key} in {variant} are {sums} here and {apart.get(variant)} apart"
    for (metric, treatment), compared in judged.compared.items():
        if metric == key:
            found = row["comparisons"].get(treatment, {})
            yield from _floats(key, treatment, compared.to_dict(), found)


def _floats(
    key: str, treatment: str, here: Mapping[str, Any], apart: Mapping[str, Any]
) -> Iterator[str]:
    for name in FLOATS:
        if not _is_close(here.get(name), apart.get(name)):
            yield f"{name} of {key} in {treatment} is {here.get(name)} and {apart.get(name)} apart"


def _is_close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE)


def summed_up(
    judge: Judge, answers: Sequence[Mapping[str, Any]], problems: Sequence[str], seconds: float
) -> dict[str, Any]:
    """Return what a replay tells of its splits over HTTP, JSON-ready."""
    carried = [each.metric.key for each in judge.scope.metrics if is_carried(each)]
    others = [each.metric.key for each in judge.scope.metrics if not is_carried(each)]
    return {
        "splits": len(answers),
        "units": judge.values.n_units,
        "lists": sum(each["lists"] for each in answers),
        "events": sum(each["events"] for each in answers),
        "metrics": carried,
        "not_carried": others,
        "agrees": not problems,
        "problems": list(problems[:20]),
        "n_problems": len(problems),
        "seconds": round(seconds, 1),
    }
