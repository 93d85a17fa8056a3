"""What is simulated: runs with an effect, runs without one read every day, and broken splits."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from analytics.reporting.caps import caps_of
from analytics.reporting.measuring import Measured
from analytics.reporting.scope import Scope
from analytics.reporting.series import series_of
from analytics.services.caps import freeze_caps
from analytics.trust.facts import Facts
from analytics.trust.running import run_checks
from analytics.trust.split import check_split
from benchmarks._planted.looks import (
    CLAIMS,
    Look,
    differences,
    look_at,
    outcome_of,
    primary_of,
    whole_report,
)
from benchmarks._planted.rows import Visits, arrivals, wipe, write_run
from benchmarks._planted.runs import (
    SIDE_BY_SIDE,
    START_US,
    Plan,
    assigned,
    day_of_run,
    end_all,
    runs_side_by_side,
    variant_ids,
)
from benchmarks._planted.shop import Rng, behave, idle
from benchmarks._planted.study import DAYS, METRICS, Outcome, Study
from experiments.models import Experiment, Site
from experiments.selectors import newest_event_us

WHOLE_EVERY = 20  # of so many runs one is also read by the product's whole stored report
BROKEN_UNITS = 100_000
BROKEN_SHARES = (0.51, 0.49)


def planted_runs(study: Study, site: Site, count: int, rng: Rng) -> Iterator[Outcome]:
    """Yield what the last look at each run says; its experiment has ended."""
    for first in range(0, count, SIDE_BY_SIDE):
        numbers = range(first, min(first + SIDE_BY_SIDE, count))
        experiments = _written(study, site, numbers, rng)
        end_all(experiments)
        for number, experiment in zip(numbers, experiments, strict=True):
            look = look_at(experiment, day_of_run(DAYS))
            if number % WHOLE_EVERY == 0:
                _require_alike(look_at(experiment, _newest_us(site)), whole_report(experiment))
            yield outcome_of(study.name, experiment, look)
        wipe(site, START_US)


def watched_runs(study: Study, site: Site, count: int, rng: Rng) -> Iterator[Outcome]:
    """Yield what daily looks at each run say; results are read always-valid.

    The product's own series gives every metric's range by the end of each day; on each day on
    which the primary metric's excludes zero, and only then a verdict can be a claim, the verdict is
    asked for. Of every twentieth run it is on every day, and agrees with the series.
    """
    for first in range(0, count, SIDE_BY_SIDE):
        numbers = range(first, min(first + SIDE_BY_SIDE, count))
        experiments = _written(study, site, numbers, rng)
        for number, experiment in zip(numbers, experiments, strict=True):
            freeze_caps(experiment)
            yield _watched(study, experiment, is_every_day=number % WHOLE_EVERY == 0)
        end_all(experiments)
        wipe(site, START_US)


def broken_runs(site: Site, count: int, rng: Rng) -> Iterator[Outcome]:
    """Yield whether the trust gate finds a split of 51 to 49 among 100,000 exposed units.

    Units are assigned half and half; of the treatment's so many are never recorded that 49 of 100
    of those that are belong to it.
    """
    plan = Plan(BROKEN_UNITS, DAYS)
    kept = BROKEN_SHARES[1] / BROKEN_SHARES[0]
    for _ in range(count):
        (experiment,) = runs_side_by_side(site, plan, METRICS[:1])
        (units,) = assigned([experiment], int(BROKEN_UNITS * 1.05), rng)
        recorded = np.flatnonzero((units.places == 0) | (rng.random(len(units.ids)) < kept))
        recorded = recorded[:BROKEN_UNITS]
        ids = [units.ids[row] for row in recorded.tolist()]
        at = arrivals(len(ids), START_US, DAYS, rng)
        visits = Visits(ids, at, idle(len(ids)))
        variants = variant_ids(experiment, units.places[recorded])
        write_run(experiment, visits, variants, rng, only_exposed=True)
        is_running = _is_flagged(experiment)
        end_all([experiment])
        yield {"study": "broken", "running": is_running, "ended": _is_flagged(experiment)}
        wipe(site, START_US)


def _written(study: Study, site: Site, numbers: Sequence[int], rng: Rng) -> list[Experiment]:
    """Return running experiments with all their rows, each metric in turn the primary one."""
    primaries = [METRICS[number % len(METRICS)] for number in numbers]
    experiments = runs_side_by_side(site, study.plan, primaries)
    entered = assigned(experiments, study.plan.n_units, rng)
    for experiment, units in zip(experiments, entered, strict=True):
        at = arrivals(len(units.ids), START_US, DAYS, rng)
        did = behave(study.shop, study.effect, units.places == 1, rng)
        visits = Visits(units.ids, at, did)
        write_run(experiment, visits, variant_ids(experiment, units.places), rng)
    return experiments


def _newest_us(site: Site) -> int:
    """Return where the clock of a simulated site stands, up to which a stored report reads."""
    return newest_event_us(site.pk) or START_US


def _require_alike(look: Look, report: Mapping[str, Any]) -> None:
    if found := differences(look, report):
        raise RuntimeError(f"the stored report says otherwise: {', '.join(found)}")


def _watched(study: Study, experiment: Experiment, *, is_every_day: bool) -> Outcome:
    scope = Scope.of(experiment, phase=experiment.phase, until_us=day_of_run(DAYS))
    series = series_of(scope, caps_of(scope).caps)["metrics"]
    daily = {key: found["treatment"][:DAYS] for key, found in series.items()}
    primary = primary_of(experiment)
    days = [day for day in range(1, DAYS + 1) if is_every_day or _is_found(daily[primary][day - 1])]
    verdicts = {}
    for day in days:
        look = look_at(experiment, day_of_run(day), is_gated=False)
        _require_same_ranges(look, daily, day)
        verdicts[day] = look.verdict
    return {
        "study": study.name,
        "primary": primary,
        "found": {key: any(map(_is_found, points)) for key, points in daily.items()},
        "claims": sorted({each for each in verdicts.values() if each in CLAIMS}),
        "looks": len(days),
    }


def _is_found(point: Mapping[str, Any] | None) -> bool:
    """Tell whether a day's range excludes zero; a day without one finds nothing."""
    if point is None or point["d_low"] is None:
        return False
    return not point["d_low"] <= 0 <= point["d_high"]


def _require_same_ranges(look: Look, daily: Mapping[str, Any], day: int) -> None:
    for key, points in daily.items():
        point = points[day - 1] or {}
        told, seen = look.judged[key], (point.get("d_low"), point.get("d_high"))
        if (told.low, told.high) != seen:
            raise RuntimeError(f"day {day} of {key}: {seen} by day, {told} in the report")


def _is_flagged(experiment: Experiment) -> bool:
    """Tell whether the trust gate's check of the split says that it is broken."""
    scope = Scope.of(experiment, phase=experiment.phase, until_us=day_of_run(DAYS))
    facts = Facts(scope, Measured(), {})
    return any(each.state == "bad" for each in run_checks([("split", check_split)], facts))
