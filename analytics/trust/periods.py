"""Whether a change of the traffic within the phase turns the effect: Simpson's paradox."""

from collections.abc import Iterator

from analytics.selectors import ChosenMetric
from analytics.stats.formats import number
from analytics.stats.moments import Moments
from analytics.stats.results import CheckLevel
from analytics.stats.validity.findings import Finding as StatsFinding
from analytics.stats.validity.simpson import Stratified, check_simpson
from analytics.trust.estimates import estimate_of
from analytics.trust.facts import Facts
from analytics.trust.finding import Cell, Finding, State, Table, from_stats, unknown
from analytics.trust.sums import Cells, readable_primary, sums_by_stratum, units_in
from experiments.clock import microseconds

CODE = "allocation_change"
LEAST = 30  # units of each variant in each period


def check_periods(facts: Facts) -> Iterator[Finding]:
    """Yield the finding about the primary metric's effect by stretches of one allocation.

    Steps of the ramp cut the phase. The effect weighted by stretch is compared with the pooled
    one: where they have different signs, and differ by more than the error, only the former holds.
    """
    cuts = cuts_of(facts)
    if not cuts:
        yield Finding(CODE, State.GOOD, "The share of traffic never changed in this phase.", "")
        return
    primary = readable_primary(facts)
    if primary is None:
        evidence = f"{len(cuts)} changes; the primary metric's sums by unit are not ready yet."
        yield unknown(CODE, "The effect by stretches cannot be told yet.", evidence)
        return
    cells = sums_by_stratum(facts, primary, _stratum(cuts))
    yield _judged(facts, primary, cells, len(cuts) + 1)


def cuts_of(facts: Facts) -> list[int]:
    """Return when the share of traffic changed within the phase, after its first exposure."""
    first_us = facts.scope.first_exposure_us()
    steps = facts.scope.experiment.ramp_steps.filter(applied_at__isnull=False)
    times = (microseconds(at) for at in steps.values_list("applied_at", flat=True) if at)
    return sorted(at for at in times if first_us and first_us < at <= facts.scope.until_us)


def _stratum(cuts: list[int]) -> tuple[str, tuple[int, ...]]:
    whens = " ".join(f"WHEN x.ts_us < %s THEN {place}" for place in range(len(cuts)))
    return f"CASE {whens} ELSE {len(cuts)} END", tuple(cuts)


def _judged(facts: Facts, primary: ChosenMetric, cells: Cells, n_periods: int) -> Finding:
    control, kind = facts.scope.control.pk, primary.metric.kind
    found = [
        (treatment.name, check_simpson(pairs))
        for treatment in facts.scope.treatments
        if (
            pairs := [
                (
                    estimate_of(kind, cells[place, control]),
                    estimate_of(kind, cells[place, treatment.pk]),
                )
                for place in range(n_periods)
                if all(_is_enough(cells.get((place, pk))) for pk in (control, treatment.pk))
            ]
        )
    ]
    table = _table(facts, cells, n_periods)
    if not found:
        evidence = f"{LEAST} units of each variant are needed in a stretch."
        return unknown(CODE, "The effect by stretches cannot be told yet.", evidence, table=table)
    name, worst = max(found, key=lambda each: _is_turned(each[1]))
    evidence = _evidence(name, worst.evidence)
    if worst.level is CheckLevel.WARN and not _is_turned(worst):
        claim = "By stretches and pooled, the effect is the same but for chance."
        return Finding(CODE, State.GOOD, claim, evidence, table=table)
    return from_stats(CODE, worst, evidence, table=table)


def _is_turned(found: StatsFinding[Stratified]) -> bool:
    """Tell whether the sign turns by more than what chance does to an effect of about nothing."""
    seen = found.evidence
    if found.level is not CheckLevel.WARN or seen.effect is None or seen.pooled_effect is None:
        return False
    return seen.se is not None and abs(seen.effect - seen.pooled_effect) > seen.se


def _is_enough(moments: Moments | None) -> bool:
    return moments is not None and moments.n >= LEAST


def _evidence(name: str, seen: Stratified) -> str:
    if seen.effect is None or seen.pooled_effect is None:
        return name
    weighted = number(seen.effect, decimals=4, is_signed=True)
    pooled = number(seen.pooled_effect, decimals=4, is_signed=True)
    return f"{name}: {weighted} weighted over {seen.n_phases} stretches, {pooled} pooled."


def _table(facts: Facts, cells: Cells, n_periods: int) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (f"{place + 1}", *(units_in(cells, place, pk) for pk in facts.variant_ids))
        for place in range(n_periods)
    ]
    return Table(("Stretch", *facts.names), tuple(rows))
