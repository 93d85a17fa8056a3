"""Whether the units split as configured, all days together."""

from collections.abc import Iterator, Sequence

from analytics.stats.formats import number, p_value_text
from analytics.stats.results import CheckLevel, SplitCheck
from analytics.stats.srm import SRM_THRESHOLD, split_check
from analytics.stats.validity.split import SPLIT_ACTION, SPLIT_CAUSES
from analytics.trust.facts import Facts
from analytics.trust.finding import Finding, State, Table, unknown

CODE = "split"
# While it runs the split is looked at every hour: at 0.001 each time one experiment in fifty would
# be stopped for nothing. At the end it is looked at once.
RUNNING_THRESHOLD = 0.0001
LEAST_EXPECTED = 5  # units of a variant, below which χ² is not what it says


def threshold_of(*, has_ended: bool) -> float:
    """Return below which p a split is called broken: 0.0001 while it runs, 0.001 at the end."""
    return SRM_THRESHOLD if has_ended else RUNNING_THRESHOLD


def judge_split(counts: Sequence[int], weights: Sequence[int], *, has_ended: bool) -> SplitCheck:
    """Return the check of a split as the verdict rests on it.

    Source: Fabijan et al. (2019), Diagnosing Sample Ratio Mismatch, KDD; the thresholds are
    measured in `tests/analytics/trust/test_alarms.py`.
    """
    return split_check(counts, weights, threshold=threshold_of(has_ended=has_ended))


def check_split(facts: Facts) -> Iterator[Finding]:
    """Yield the finding about the split of all units."""
    split = judge_split(facts.units, facts.weights, has_ended=facts.scope.has_ended)
    if split.p_value is None:
        yield unknown(CODE, "The split cannot be judged yet.", "No unit has been exposed yet.")
        return
    table = split_table(facts.names, split)
    if missing := units_missing(split):
        yield unknown(CODE, "The split cannot be judged yet.", _missing(missing), table=table)
        return
    is_broken = split.level is CheckLevel.BLOCK
    yield Finding(
        CODE,
        State.BAD if is_broken else State.GOOD,
        _broken(facts.names, split) if is_broken else "Units split as configured.",
        _evidence(split),
        _causes(facts) if is_broken else (),
        SPLIT_ACTION if is_broken else "",
        table,
    )


def units_missing(split: SplitCheck) -> int:
    """Return how many more units the smallest variant's share needs before χ² holds; 0 for none."""
    least, total = min(split.expected), sum(split.counts)
    if least >= LEAST_EXPECTED:
        return 0
    return max(1, round(total * LEAST_EXPECTED / least) - total) if least else LEAST_EXPECTED


def split_table(names: Sequence[str], split: SplitCheck) -> Table:
    """Return units seen and due, by variant."""
    rows = zip(names, split.expected, split.counts, strict=True)
    return Table(
        ("Variant", "Expected", "Seen", "Difference"),
        tuple(
            (name, round(due), seen, number(seen - due, is_signed=True)) for name, due, seen in rows
        ),
    )


def _broken(names: Sequence[str], split: SplitCheck) -> str:
    off = [seen - due for seen, due in zip(split.counts, split.expected, strict=True)]
    worst = max(range(len(off)), key=lambda index: abs(off[index]))
    side = "more" if off[worst] > 0 else "fewer"
    return f"{names[worst]} received {number(abs(off[worst]))} units {side} than its share."


def _evidence(split: SplitCheck) -> str:
    assert split.p_value is not None
    seen = " : ".join(number(count) for count in split.counts)
    return f"Seen {seen}; χ² p {p_value_text(split.p_value)}, blocks below {split.threshold:g}."


def _causes(facts: Facts) -> tuple[str, ...]:
    """Return the causes, that of robots first where many units were left out as such."""
    left_out = facts.arrivals.by_variant(lambda row: bool(row.traffic)).total()
    robots = SPLIT_CAUSES[2]
    if left_out <= 0.01 * facts.n_units:
        return SPLIT_CAUSES
    return (robots, *(cause for cause in SPLIT_CAUSES if cause != robots))


def _missing(units: int) -> str:
    return f"{number(units)} more units are needed, so that each variant expects {LEAST_EXPECTED}."
