"""Robots, outliers and our own people: left out and counted, and the same in every variant."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from analytics.stats.formats import number, p_value_text, percent
from analytics.trust.arrivals import Arrival
from analytics.trust.facts import Facts
from analytics.trust.finding import Finding, State, Table, unknown
from analytics.trust.rates import ALARM, Gap, widest_gap
from experiments.models.traffic import Traffic

CODE = "no_shoppers"
GAP_BLOCK = 0.01  # of units, between two variants: more than that can make or hide an effect
KINDS = {Traffic.BOT: "bots", Traffic.OUTLIER: "with too many events", Traffic.INTERNAL: "internal"}
CAUSES = (
    "what a variant shows makes units send more events, so that more of them count as outliers",
    "robots come back for what one variant shows",
    "our own people looked at one variant more than at the other",
)
ACTION = "Compare with nobody left out as an outlier; if the result changes, do not read it."


def check_shoppers(facts: Facts) -> Iterator[Finding]:
    """Yield the finding about units that are left out for being no shoppers.

    To be left out is harmless as long as it happens alike in all variants: the shares are compared,
    and a difference beyond chance warns, one above 1 % of units blocks.
    """
    out = facts.arrivals.by_variant(lambda row: bool(row.traffic))
    left_out = [out[pk] for pk in facts.variant_ids]
    totals = [n + kept for n, kept in zip(left_out, facts.counts, strict=True)]
    if not sum(totals):
        yield unknown(CODE, "Nobody has been left out yet.", "No unit has been exposed yet.")
        return
    gap = widest_gap(left_out, totals)
    is_uneven = gap is not None and gap.p_value < ALARM
    state = State.GOOD
    if gap is not None and is_uneven:
        state = State.BAD if gap.size > GAP_BLOCK else State.WARN
    yield Finding(
        CODE,
        state,
        _claim(facts, gap if is_uneven else None, sum(left_out)),
        _evidence(facts, sum(left_out), sum(totals), gap),
        CAUSES if is_uneven else (),
        ACTION if is_uneven else "",
        _table(facts),
    )


def _claim(facts: Facts, gap: Gap | None, left_out: int) -> str:
    if gap is not None:
        return f"More units of {facts.names[gap.high]} than of {facts.names[gap.low]} are left out."
    if left_out:
        return "Units that are no shoppers are left out, alike in all variants."
    return "No unit had to be left out as a robot, an outlier or one of our own."


def _evidence(facts: Facts, left_out: int, total: int, gap: Gap | None) -> str:
    share = percent(left_out / total, decimals=2)
    text = f"{number(left_out)} of {number(total)} units ({share}) left out: "
    counts = {kind: units.total() for kind, units in _by_kind(facts).items()}
    text += ", ".join(f"{number(counts[kind])} {word}" for kind, word in KINDS.items())
    if gap is None:
        return f"{text}. Fewer than 100 units in a variant: not compared."
    return f"{text}; p {p_value_text(gap.p_value)} for a difference between variants."


def _table(facts: Facts) -> Table:
    by_kind = _by_kind(facts)
    rows = zip(facts.scope.variants, facts.counts, strict=True)
    return Table(
        ("Variant", "Counted", *(word.capitalize() for word in KINDS.values())),
        tuple(
            (variant.name, n, *(by_kind[kind][variant.pk] for kind in KINDS)) for variant, n in rows
        ),
    )


def _by_kind(facts: Facts) -> dict[Traffic, Counter[int]]:
    """Return who is left out, by kind and variant."""
    return {kind: facts.arrivals.by_variant(partial(_is_kind, kind)) for kind in KINDS}


def _is_kind(kind: Traffic, row: Arrival) -> bool:
    return row.traffic == kind
