"""Whether what an earlier experiment or phase showed to the units still reaches into this one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from analytics.selectors import ChosenMetric
from analytics.stats.formats import number
from analytics.stats.results import CheckLevel, Estimate
from analytics.stats.validity.carry_over import CarryOverEvidence, check_carry_over
from analytics.stats.validity.findings import Finding as StatsFinding
from analytics.trust.estimates import estimate_of
from analytics.trust.facts import Facts
from analytics.trust.finding import Finding, State, Table, from_stats, unknown
from analytics.trust.sums import Cells, readable_primary, sums_by_stratum, units_in
from experiments.clock import EPOCH, MICROSECOND
from experiments.models import Experiment, Variant

CODE = "carry_over"
LOOKED_BACK = timedelta(days=90)
MOST = 3  # earlier runs, the latest first
LEAST = 100  # units that were in both
LEAST_PER_CELL = 5
EARLIER = """JOIN experiments_exposure p ON p.experiment_id = %s AND p.phase = %s
        AND p.unit_id = x.unit_id AND NOT p.is_multiple AND p.traffic = ''"""


@dataclass(frozen=True, slots=True)
class Run:
    """An earlier experiment, or an earlier phase of the same, on the same placement."""

    experiment_id: int
    phase: int
    name: str


def check_carry(facts: Facts) -> Iterator[Finding]:
    """Yield the finding about the earlier run whose trace is the plainest.

    Of each, units that were in both are counted by earlier and present variant, found by the unique
    index of exposures. These must be independent; and, where the primary metric is rolled up, its
    effect must not differ by earlier variant. Both are corrected for the runs looked at.
    """
    runs = earlier_runs(facts)
    if not runs:
        yield Finding(CODE, State.GOOD, "No experiment ran here shortly before.", _looked())
        return
    judged = [found for run in runs if (found := _judge(facts, run, len(runs)))]
    if not judged:
        evidence = f"{_looked()} {len(runs)} ran; {LEAST} units in both are needed."
        yield unknown(CODE, "Traces of what ran before cannot be looked for yet.", evidence)
        return
    yield min(
        judged,
        key=lambda each: (State.BAD, State.WARN, State.GOOD, State.UNKNOWN).index(each.state),
    )


def earlier_runs(facts: Facts) -> list[Run]:
    """Return what ran on the same placement, or in the same layer without one, shortly before."""
    experiment, first_us = facts.scope.experiment, facts.scope.first_exposure_us()
    if first_us is None:
        return []
    began = EPOCH + first_us * MICROSECOND
    by = "placement_id" if experiment.placement_id else "own_layer_id"
    rows = Experiment.objects.filter(
        **{by: getattr(experiment, by)},
        site_id=experiment.site_id,
        unit_type=experiment.unit_type,
        started_at__lt=began,
        ended_at__gte=began - LOOKED_BACK,
    ).exclude(pk=experiment.pk)
    own = facts.scope.phase - 1
    runs = [Run(experiment.pk, own, f"phase {own}")] if own else []
    runs += [Run(row.pk, row.phase, row.name) for row in rows.order_by("-ended_at")[:MOST]]
    return runs[:MOST]


def _judge(facts: Facts, run: Run, n_runs: int) -> Finding | None:
    primary = readable_primary(facts)
    part = (EARLIER, (run.experiment_id, run.phase))
    cells = sums_by_stratum(facts, primary, ("p.variant_id", ()), part)
    total = sum(moments.n for moments in cells.values())
    if total < LEAST:
        return None
    earlier = sorted({variant_id for variant_id, _present in cells})
    counts = [[units_in(cells, row, pk) for pk in facts.variant_ids] for row in earlier]
    found = check_carry_over(_filled(counts), _effects(facts, primary, cells, earlier))
    evidence = f"{number(total)} units were in {run.name}, too."
    return _finding(found, evidence, _table(facts, earlier, counts), n_runs)


def _finding(
    found: StatsFinding[CarryOverEvidence], evidence: str, table: Table, n_runs: int
) -> Finding:
    """Return the finding, an alarm only where it stands when all runs looked at are allowed for."""
    limit, p_value = {
        CheckLevel.BLOCK: (0.001, found.evidence.p_value),
        CheckLevel.WARN: (0.01, found.evidence.by_earlier.p_value),
    }.get(found.level, (1.0, None))
    if p_value is not None and p_value * n_runs >= limit:
        claim = "Nothing of the earlier split shows in this one beyond chance."
        return Finding(CODE, State.GOOD, claim, evidence, table=table)
    return from_stats(CODE, found, evidence, table=table)


def _effects(
    facts: Facts, primary: ChosenMetric | None, cells: Cells, earlier: list[int]
) -> dict[str, tuple[Estimate, Estimate]]:
    """Return control and first treatment of the primary metric, by earlier variant."""
    if primary is None or not facts.scope.treatments:
        return {}
    kind, pair = primary.metric.kind, (facts.scope.control.pk, facts.scope.treatments[0].pk)
    return {
        str(row): (
            estimate_of(kind, cells.get((row, pair[0]))),
            estimate_of(kind, cells.get((row, pair[1]))),
        )
        for row in earlier
        if all(units_in(cells, row, pk) >= LEAST for pk in pair)
    }


def _filled(counts: list[list[int]]) -> list[list[int]]:
    """Return the rows of enough units: χ² is not what it says over nearly empty ones."""
    total = sum(map(sum, counts))
    columns = [sum(column) for column in zip(*counts, strict=True)]
    return [
        row
        for row in counts
        if all(sum(row) * column >= LEAST_PER_CELL * total for column in columns if column)
    ] or [[0] * len(columns)]


def _table(facts: Facts, earlier: list[int], counts: list[list[int]]) -> Table:
    names = dict(Variant.objects.filter(pk__in=earlier).values_list("pk", "name"))
    return Table(
        ("Earlier variant", *facts.names),
        tuple((names.get(pk, str(pk)), *row) for pk, row in zip(earlier, counts, strict=True)),
    )


def _looked() -> str:
    return f"Looked at what ended within {LOOKED_BACK.days} days before the first exposure."
