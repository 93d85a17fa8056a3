"""Units that met several variants, who are left out of all."""

from collections.abc import Iterator

from analytics.stats.formats import number, percent
from analytics.stats.validity.multiple_exposure import check_multiple_exposure
from analytics.trust.facts import Facts
from analytics.trust.finding import Finding, Table, from_stats

CODE = "multiple_exposure"


def check_multiple(facts: Facts) -> Iterator[Finding]:
    """Yield the finding: warns above 0.1 % of units, blocks above 1 %."""
    met = facts.arrivals.by_variant(lambda row: row.is_multiple and not row.traffic)
    found = check_multiple_exposure(met.total(), met.total() + facts.n_units, weights=facts.weights)
    evidence = "Warns above 0.1 %, blocks above 1 %."
    if found.evidence.share is not None:
        shown = f"{number(met.total())} units, {percent(found.evidence.share, decimals=2)}"
        evidence = f"{shown}. {evidence}"
    rows = zip(facts.scope.variants, facts.counts, strict=True)
    table = Table(
        ("Variant they met first", "Left out", "Counted"),
        tuple((variant.name, met[variant.pk], count) for variant, count in rows),
    )
    yield from_stats(CODE, found, evidence, table=table)
