"""A replay from an experiment to its results: read once, then split and judged many times."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from analytics.models import FrozenCap
from analytics.queries import DAY_US
from analytics.replay.history import DAYS, Entered, entered, past_cut, specs_of
from analytics.replay.judging import Judge
from analytics.replay.results import Replay
from analytics.replay.splitting import Hashed, Split
from analytics.replay.summary import Summary
from analytics.replay.values import UnitValues, read_values
from analytics.reporting.progress import Tell, nobody
from analytics.reporting.scope import Scope, data_cut_us, one_moment
from experiments.models import Experiment

READ_SHARE = 0.2  # of the whole, about
TOLD_EVERY = 20  # splits

# Makes the split of the units that entered; the real hash unless a test plants another.
MakeSplit = Callable[[Hashed, UnitValues], Split]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The past of an experiment, read once: its scope, units, what they did, and the real split."""

    scope: Scope
    units: Entered
    values: UnitValues
    hashed: Hashed
    from_us: int

    def judge(self, split: Split | None = None) -> Judge:
        """Return what judges splits of these units, made by the real hash unless said otherwise."""
        return Judge(self.scope, self.values, split or self.hashed)


def prepare(experiment: Experiment, until_us: int | None = None) -> Prepared:
    """Return the past of an experiment: the four weeks before a moment, by default its data cut.

    Raises TooLittleHistory where too few units would have entered, and InvalidInput where the
    experiment has no traffic or no control.
    """
    with one_moment():
        until = data_cut_us(experiment) if until_us is None else until_us
        scope = Scope.of(experiment, phase=experiment.phase, until_us=until)
        spec, specs = specs_of(experiment)
        cut = past_cut(experiment, until)
        units = entered(cut, spec, specs)
        values = read_values(scope, cut, units.rows, _frozen(scope))
    return Prepared(scope, units, values, Hashed(units, spec, specs), until - DAYS * DAY_US)


def run(
    prepared: Prepared,
    *,
    splits: int,
    seed: int,
    tell: Tell = nobody,
    make: MakeSplit | None = None,
) -> Replay:
    """Return what the experiment's analysis says of so many random splits of its past."""
    began = time.monotonic()
    judge = prepared.judge(make(prepared.hashed, prepared.values) if make else None)
    summary = Summary(prepared.scope)
    for judged in judge.splits(range(splits), seed):
        summary.add(judged)
        if summary.n_splits % TOLD_EVERY == 0:
            share = READ_SHARE + (1 - READ_SHARE) * summary.n_splits / splits
            tell(f"split {summary.n_splits} of {splits}", share)
    return _replay(prepared, summary, seed, time.monotonic() - began)


def _replay(prepared: Prepared, summary: Summary, seed: int, seconds: float) -> Replay:
    scope, experiment = prepared.scope, prepared.scope.experiment
    return Replay(
        experiment=experiment.key,
        site=experiment.site.slug,
        phase=scope.phase,
        unit_type=experiment.unit_type,
        monitoring=experiment.monitoring,
        alpha=scope.choices.alpha,
        seed=seed,
        splits=summary.n_splits,
        from_us=prepared.from_us,
        until_us=scope.until_us,
        n_seen=prepared.units.n_seen,
        n_units=len(prepared.units),
        variants=tuple(
            {"key": each.key, "name": each.name, "weight": each.weight, "control": each.is_control}
            for each in scope.variants
        ),
        rows=summary.rows(dict(prepared.values.caps)),
        alarms=summary.alarms(),
        seconds=round(seconds, 2),
    )


def _frozen(scope: Scope) -> dict[str, int]:
    """Return the caps that were fixed at the experiment's start, by metric key."""
    rows = FrozenCap.objects.filter(experiment=scope.experiment).select_related("metric")
    keys = {(each.metric.pk, each.metric.winsor): each.metric.key for each in scope.metrics}
    found = {keys.get((row.metric_id, row.quantile)): row.cap for row in rows}
    return {key: cap for key, cap in found.items() if key is not None and cap is not None}
