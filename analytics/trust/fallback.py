"""Lists that something else answered: too many, or more in one variant than in another."""

from collections.abc import Iterator

from analytics.stats.formats import p_value_text, percent
from analytics.trust.facts import Facts
from analytics.trust.finding import Finding, State, Table, unknown
from analytics.trust.rates import ALARM, Gap, at_least, widest_gap
from experiments.selectors import SlateCounts

CODE = "fallback"
ALLOWED = 0.05  # of a variant's lists; beyond it the variant is hardly what was meant to be tested
GAP_WARN, GAP_BLOCK = 0.01, 0.05  # between two variants
CAUSES = (
    "the recommender of one variant is too slow or fails",
    "its artifact was missing or could not be loaded for a while",
    "it cannot answer in some contexts",
)
LOOK = "See on the health page why it fell back. The estimate holds, but of a diluted treatment."
ACTION = "Mend the recommender, then restart as a new phase: the variants were not what they say."


def check_fallback(facts: Facts) -> Iterator[Finding]:
    """Yield the finding about lists that the variant's own recommender did not answer.

    Those for units that it does not know are counted and told, but are part of what the variant is.
    Lists of one unit are alike: shares are compared as if each unit had one list, at most.
    """
    served = [facts.served.get(pk, SlateCounts()) for pk in facts.variant_ids]
    if not any(each.slates for each in served):
        yield unknown(CODE, "Fallbacks cannot be judged yet.", "No list has been served yet.")
        return
    shares = [each.failures / each.slates if each.slates else 0.0 for each in served]
    totals = [min(each.slates, n) for each, n in zip(served, facts.counts, strict=True)]
    alike = [round(share * total) for share, total in zip(shares, totals, strict=True)]
    gap = widest_gap(alike, totals)
    surely = max(at_least(n, total) for n, total in zip(alike, totals, strict=True))
    state = _state(surely, gap)
    yield Finding(
        CODE,
        state,
        _claim(facts, shares, state),
        _evidence(facts, shares, gap),
        () if state is State.GOOD else CAUSES,
        {State.WARN: LOOK, State.BAD: ACTION}.get(state, ""),
        _table(facts, served, shares),
    )


def _state(surely: float, gap: Gap | None) -> State:
    is_real = gap is not None and gap.p_value < ALARM
    if gap is not None and is_real and gap.size > GAP_BLOCK:
        return State.BAD
    is_uneven = gap is not None and is_real and gap.size > GAP_WARN
    return State.WARN if is_uneven or surely > ALLOWED else State.GOOD


def _claim(facts: Facts, shares: list[float], state: State) -> str:
    if state is State.GOOD:
        return "Fallbacks answered alike in all variants, and seldom."
    worst = max(range(len(shares)), key=shares.__getitem__)
    return f"{facts.names[worst]} was answered by a fallback in {percent(shares[worst])} of lists."


def _evidence(facts: Facts, shares: list[float], gap: Gap | None) -> str:
    listed = ", ".join(
        f"{name} {percent(share)}" for name, share in zip(facts.names, shares, strict=True)
    )
    odds = "" if gap is None else f"; p {p_value_text(gap.p_value)} for the widest gap"
    return (
        f"{listed} of lists{odds}. Warns when surely above {percent(ALLOWED, decimals=0)} or at a"
        f" gap of {percent(GAP_WARN, decimals=0)}, blocks at {percent(GAP_BLOCK, decimals=0)}."
    )


def _table(facts: Facts, served: list[SlateCounts], shares: list[float]) -> Table:
    rows = zip(facts.names, served, shares, strict=True)
    return Table(
        ("Variant", "Lists", "Unit not known", "Other fallbacks", "Share of these"),
        tuple(
            (name, each.slates, each.strangers, each.failures, percent(share))
            for name, each, share in rows
        ),
    )
