"""Every public function × every degenerate input: an error that says so, or a finite result.

The tables `sound_*` hold one sound call of each function; each of its arguments is replaced in
turn. What status a degenerate input leads to is in the tests beside this and of each method.
"""

import importlib
import inspect
import math
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

import analytics.stats
from analytics.errors import InvalidInputError
from analytics.stats.compare import compare_estimates
from analytics.stats.moments import Moments
from analytics.stats.results import Comparison, Estimate
from analytics.stats.samples import Sample
from analytics.stats.value_counts import ValueCounts
from tests.analytics.stats import sound_calls, sound_choices, sound_designs
from tests.analytics.stats.finite import non_finite
from tests.analytics.stats.sound_inputs import Call

CALLS = [*sound_calls.CALLS, *sound_designs.CALLS, *sound_choices.CALLS]
MANY = 10**12
NUMBERS = (math.nan, math.inf, -math.inf, -1.0, 0.0, 1e-12, 1.0, 1e12)
COUNTS = (-1, 0, 1, 2, MANY)
# So many draws or folds are asked for by nobody, and would be made.
IS_DRAWN = {"size", "resamples", "n_draws", "n_bootstrap", "n_folds", "n_units"}
ESTIMATES = (
    Estimate(0, None, None),
    Estimate(1, 3.0, None),
    Estimate(500, 3.0, 0.0),
    Estimate(500, 0.0, 0.0),
    Estimate(500, 0.0, 0.1),
    Estimate(500, -3.0, 0.1),
    Estimate(MANY, 3.0, 1e-12),
    Estimate(500, None, None),
)
MOMENTS = (
    Moments(0, 0, 0),
    Moments(1, 1, 1),
    Moments(500, 0, 0),
    Moments(500, 500, 500),
    Moments(MANY, 5 * 10**10, 5 * 10**10),
    Moments.from_values([0] * 9, [1] * 9),
    Moments.from_values([-3, 0, 2], [0, 0, 0]),
)
VALUES: tuple[list[int], ...] = ([], [3], [0] * 300, [3] * 300, [-3, 0, 2], [10**12, 0, 0])
# Named choices and marks: no number that could be degenerate.
CHOICES = {
    "direction",
    "has_ended",
    "history",
    "is_fall",
    "is_one_sided",
    "is_two_sided",
    "kind",
    "method",
    "monitoring",
    "numbers",
    "outcome",
    "ratio",
    "rule",
    "sandwich",
    "spending",
    "units",
}
# Texts, marks and tables that other tests hold; helpers that see only checked arrays.
ELSEWHERE = (
    "arrays",
    "columns",
    "criteria",
    "decision",
    "formats",
    "moment_arrays",
    "offpolicy.values",
    "outlook",
    "phrases",
    "quadrature",
    "reading",
    "results",
    "schedule",
    "stored",
    "story",
    "undecided",
    "vectorised",
    "wording",
)
ALONE = {  # take a function, levels alone, or arrays of thousands of comparisons
    "moments.as_int",
    "offpolicy.doubly_robust.cross_fit",
    "offpolicy.report.bootstrap_interval",
    "robust.bootstrap.streamed_bootstrap_t",
    "validity.findings.worst_level",
    "validity.calibration.resplit_p_values",
}


def degenerate(name: str, value: Any) -> Iterator[Any]:
    """Yield what may stand in for a sound argument and is no sound input."""
    if isinstance(value, bool | str | np.random.Generator):
        return
    if isinstance(value, int):
        yield from (each for each in COUNTS if not (name in IS_DRAWN and each == MANY))
    elif isinstance(value, float):
        yield from NUMBERS
    elif isinstance(value, Estimate):
        yield from ESTIMATES
    elif isinstance(value, Moments):
        yield from MOMENTS
    elif isinstance(value, ValueCounts):
        yield from (ValueCounts.from_values(np.array(each, dtype=np.int64)) for each in VALUES)
        yield ValueCounts.from_counts({0: MANY, 1: MANY, 5: 3})
    elif isinstance(value, Sample):
        yield from (Sample.from_columns(dict.fromkeys(value.names, each)) for each in VALUES)
    elif isinstance(value, Comparison):
        yield from _comparisons(value)
    elif isinstance(value, Mapping):
        yield {}
        for key, held in value.items():
            yield from ({**value, key: each} for each in degenerate(name, held))
    elif isinstance(value, list | tuple):
        yield from _sequences(name, value)


def _comparisons(sound: Comparison) -> Iterator[Comparison]:
    for each in ESTIMATES:
        for control, treatment in ((each, sound.treatment), (sound.control, each), (each, each)):
            yield compare_estimates(sound.kind, control, treatment, monitoring=sound.monitoring)


def _sequences(name: str, value: list[Any] | tuple[Any, ...]) -> Iterator[Any]:
    """Yield it empty, with one, and with each degenerate first or with nothing else."""
    kind = type(value)
    if isinstance(value, list):
        yield []
        yield value[:1]
    for each in degenerate(name, value[0]) if value else ():
        yield kind([each, *value[1:]])
        yield kind([each] * len(value))


def run(call: Call, arguments: dict[str, Any]) -> Any:
    """Call with a fresh generator where one is asked for."""
    return call.function(
        **{
            name: np.random.default_rng(1) if isinstance(value, np.random.Generator) else value
            for name, value in arguments.items()
        }
    )


def public_functions() -> dict[str, Callable[..., Any]]:
    """Return the functions of every module of the statistics, by module and name."""
    found: dict[str, Callable[..., Any]] = {}
    for module in pkgutil.walk_packages(analytics.stats.__path__, "analytics.stats."):
        short = module.name.removeprefix("analytics.stats.")
        if short in ELSEWHERE or short.startswith("calibration."):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            is_own = inspect.isfunction(value) and value.__module__ == module.name
            if is_own and not name.startswith("_"):
                found[f"{short}.{name}"] = value
    return found


def test_calls__every_public_function__has_a_sound_one() -> None:
    called = {str(call) for call in CALLS}

    assert sorted(set(public_functions()) - called - ALONE) == []
    assert sorted(ALONE - set(public_functions())) == []


def test_calls__every_argument_that_may_be_degenerate__is_given_in_one() -> None:
    given: dict[str, set[str]] = {}
    for call in CALLS:
        given.setdefault(str(call), set(CHOICES)).update(call.arguments)

    for name, function in public_functions().items():
        if name not in ALONE:
            assert set(inspect.signature(function).parameters) <= given[name], name


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_calls__sound_arguments__give_a_finite_result(call: Call) -> None:
    assert non_finite(run(call, call.arguments)) is None


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_calls__any_degenerate_argument__is_refused_or_gives_a_finite_result(call: Call) -> None:
    for name, sound in call.arguments.items():
        for value in degenerate(name, sound):
            try:
                found = run(call, call.arguments | {name: value})
            except InvalidInputError:
                continue

            assert non_finite(found) is None, f"{name}={value!r}"
