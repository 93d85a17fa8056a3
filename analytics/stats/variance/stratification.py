"""Post-stratification: compare like with like, weighted as the strata are in all variants."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.errors import InvalidInputError
from analytics.stats.moments import CentredMoments, Moments
from analytics.stats.results import Estimate, Plain

SMALLEST = 30  # units per variant: below it a stratum's own variance is not to be trusted

Variant = Mapping[str, CentredMoments]
Cell = tuple[CentredMoments, ...]  # one stratum in every variant
Cells = dict[tuple[str, ...], Cell]  # by the names of the strata merged in it


@dataclass(frozen=True, slots=True)
class Stratified(Plain):
    """One estimate per variant, and the strata behind it with their weights.

    `strata` names together those that were merged. The estimates go into
    `compare_estimates` as any others: their difference is Σ w_k (m_Bk − m_Ak).
    """

    estimates: tuple[Estimate, ...]
    strata: tuple[tuple[str, ...], ...]
    weights: tuple[float, ...]


def centred(moments: Moments) -> CentredMoments:
    """Return exact moments as floats, for strata; each number is rounded once."""
    if moments.n == 0:
        return CentredMoments()
    mean, m2 = moments.sum_y / moments.n, moments.scaled_yy / moments.n
    return CentredMoments(n=moments.n, mean_y=mean, m2_y=m2)


def poststratify(
    variants: Sequence[Variant],
    *,
    weights: Mapping[str, float] | None = None,
    smallest: int = SMALLEST,
) -> Stratified:
    """Return Σ w_k·m_k per variant with variance Σ w_k²·v_k / n_k.

    `variants`: moments by stratum, control first; `weights`: shares by stratum on any
    positive scale, by default those of the units of all variants together. Strata with
    fewer than `smallest` units in some variant are merged, the smallest first, until none
    is left or one stratum remains; then the value is the plain mean. Strata must be fixed
    before exposure. Raises InvalidInputError on no variant or weights that do not fit.
    Source: Miratrix, Sekhon & Yu (2013), JRSS-B 75.
    """
    if not variants or smallest < 2:
        raise InvalidInputError("post-stratification needs a variant and strata of 2 units")
    names = list(dict.fromkeys(name for variant in variants for name in variant))
    none = CentredMoments()
    cells: Cells = {(name,): tuple(v.get(name, none) for v in variants) for name in names}
    shares = _shares(cells, weights)
    groups = _merged(cells, smallest)
    group_shares = tuple(sum(shares[name] for name in group) for group in groups)
    return Stratified(
        estimates=tuple(
            _estimate([cell[i] for cell in groups.values()], group_shares)
            for i in range(len(variants))
        ),
        strata=tuple(groups),
        weights=group_shares,
    )


def _shares(cells: Cells, weights: Mapping[str, float] | None) -> dict[str, float]:
    """Return the share of every stratum, adding up to 1."""
    if weights is None:
        sizes = {name: sum(part.n for part in cell) for (name,), cell in cells.items()}
        n = sum(sizes.values())
        return {name: size / n if n else 0.0 for name, size in sizes.items()}
    if set(weights) != {name for (name,) in cells}:
        raise InvalidInputError(f"weights of {sorted(weights)} do not fit the strata")
    if not all(0 < weight < math.inf for weight in weights.values()):
        raise InvalidInputError("a weight must be positive and finite")
    total = math.fsum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def _merged(cells: Cells, smallest: int) -> Cells:
    """Return the strata with the too small ones merged, each with the next smallest."""
    found = dict(cells)
    while len(found) > 1:
        least, other = sorted(found, key=lambda names: _size(found[names]))[:2]
        if _size(found[least]) >= smallest:
            break
        one, two = found.pop(least), found.pop(other)
        found[least + other] = tuple(a + b for a, b in zip(one, two, strict=True))
    return found


def _size(cell: Cell) -> int:
    """Return the units of the variant that has the fewest."""
    return min(part.n for part in cell)


def _estimate(parts: Sequence[CentredMoments], weights: Sequence[float]) -> Estimate:
    """Return the weighted mean of one variant; undefined where a stratum has no value."""
    n = sum(part.n for part in parts)
    if not parts or any(part.n == 0 for part in parts):
        return Estimate(n, None, None)
    value = math.fsum(w * part.mean_y for w, part in zip(weights, parts, strict=True))
    if any(part.n < 2 for part in parts):
        return Estimate(n, value, None)
    variance = math.fsum(
        w * w * (part.variance_y or 0.0) / part.n for w, part in zip(weights, parts, strict=True)
    )
    return Estimate(n, value, variance)
