"""Units that met another variant than theirs although it is not on their exposure.

Looks at the sample: lists that were served from another variant, clicks and purchases that quote a
list of another variant (a page or list that is shared between visitors), and, of all, the exposures
that storefronts claimed for a variant that the unit does not belong to.
"""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from django.db.models import Sum

from analytics.engines.current import reads_files
from analytics.stats.formats import number, percent
from analytics.stats.srm import MULTIPLE_BLOCK, MULTIPLE_WARN
from analytics.trust import from_files
from analytics.trust.facts import Facts
from analytics.trust.finding import Finding, State, Table, unknown
from analytics.trust.rates import at_least
from analytics.trust.sample import Sample, chunks
from experiments.assignment.specs import Reason
from experiments.clock import EPOCH, MICROSECOND
from experiments.drain.claims import MISMATCH
from experiments.models import Quarantine, Slate

CODE = "exposure_leak"
FORCED = (Reason.OVERRIDE.value, Reason.QA.value)  # on purpose, and left out anyway
CAUSES = (
    "the storefront caches a page or a list across visitors",
    "the storefront keeps its own copy of the variant",
    "an instance still served an older configuration",
    "visitors share a link that carries the id of a list",
)
ACTION = "Do not read results; find out who shows the other variant, then restart as a new phase."
LOOK = "Read results with care, and find out where the other variant came from."


def check_leak(facts: Facts) -> Iterator[Finding]:
    """Yield the finding: warns when surely above 0.1 % of units, blocks when above 1 %."""
    sample = facts.sample
    if not sample.units:
        yield unknown(CODE, "Leaks cannot be looked for yet.", "No unit has been exposed yet.")
        return
    by_list, by_quote = units_shown(sample), units_quoting(facts, sample)
    claims = claims_refused(facts)
    sampled = _judge(len(by_list | by_quote), len(sample.units))
    claimed = _judge(claims, facts.n_units + claims)
    state = max(sampled, claimed, key=(State.GOOD, State.WARN, State.BAD).index)
    is_good = state is State.GOOD
    yield Finding(
        CODE,
        state,
        "Units met no variant but their own." if is_good else "Units met variants not their own.",
        _evidence(sample, len(by_list | by_quote), claims),
        () if is_good else CAUSES,
        {State.WARN: LOOK, State.BAD: ACTION}.get(state, ""),
        _table(len(by_list), len(by_quote), claims),
    )


def units_shown(sample: Sample) -> set[str]:
    """Return the units that were served a list of another variant than their own."""
    return {
        each.unit_id
        for each in sample.shown
        if each.variant_id not in (None, sample.units[each.unit_id].variant_id)
        and each.reason not in FORCED
    }


def units_quoting(facts: Facts, sample: Sample) -> set[str]:
    """Return the units whose events quote a list of another variant, whoever it was served to."""
    quoting: dict[UUID, set[str]] = {}
    for each in sample.done:
        if each.request_id is not None:
            quoting.setdefault(each.request_id, set()).add(each.unit_id)
    return {
        unit_id
        for request_id, variant_id in _variants_of(facts, list(quoting))
        for unit_id in quoting[request_id]
        if variant_id != sample.units[unit_id].variant_id
    }


def _variants_of(facts: Facts, request_ids: Sequence[UUID]) -> Iterable[tuple[UUID, int]]:
    """Yield the variants that the lists showed; found by the unique index of request ids."""
    if reads_files():
        yield from from_files.variants_of(facts.scope, request_ids)
        return
    for ids in chunks(request_ids):
        yield from Slate.objects.filter(
            site_id=facts.scope.experiment.site_id,
            request_id__among=ids,
            experiment=facts.scope.experiment,
            phase=facts.scope.phase,
            reason=Reason.SPLIT.value,
            variant_id__isnull=False,
        ).values_list("request_id", "variant_id")


def claims_refused(facts: Facts) -> int:
    """Return how many exposures were claimed for a variant that is not the unit's own."""
    scope = facts.scope
    first_us = scope.first_exposure_us()
    if first_us is None:
        return 0
    rows = Quarantine.objects.filter(
        site_id=scope.experiment.site_id,
        received_at__gte=EPOCH + first_us * MICROSECOND,
        code=MISMATCH,
        detail__startswith="the unit belongs to",
        body__contains=f'"{scope.experiment.key}"',
    )
    return int(rows.aggregate(n=Sum("times"))["n"] or 0)


def _judge(found: int, n: int) -> State:
    surely = at_least(found, n)
    if surely > MULTIPLE_BLOCK:
        return State.BAD
    return State.WARN if surely > MULTIPLE_WARN else State.GOOD


def _evidence(sample: Sample, found: int, claims: int) -> str:
    n = len(sample.units)
    text = f"{number(found)} of {number(n)} units looked at ({percent(found / n, decimals=2)})"
    return (
        f"{text} and {number(claims)} refused claims. Warns when surely above 0.1 % of units,"
        " blocks when above 1 %."
    )


def _table(by_list: int, by_quote: int, claims: int) -> Table:
    return Table(
        ("What showed another variant", "Seen"),
        (
            ("Lists served from another variant, units", by_list),
            ("Events that quote a list of another variant, units", by_quote),
            ("Exposures claimed for another variant, refused", claims),
        ),
    )
