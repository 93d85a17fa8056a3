"""Units that met two or more variants within one phase, as a finding."""

from collections.abc import Sequence

from analytics.stats.formats import number, percent
from analytics.stats.results import CheckLevel, ExposureCheck, Status
from analytics.stats.srm import exposure_check
from analytics.stats.validity.findings import Check, Finding

CAUSES = (
    "one person's ids were linked later, after each had its own variant",
    "the id that is hashed is not stable: a cleared cookie, a changed device",
    "the storefront caches a page or a list across visitors",
    "the weights or the seed were changed without a new phase",
)


def check_multiple_exposure(
    n_multiple: int, n_units: int, *, weights: Sequence[float] = (1, 1)
) -> Finding[ExposureCheck]:
    """Return the finding about units seen in several variants, who are left out of all.

    `n_units` counts all exposed units, those too. Warns above 0.1 %, blocks above 1 %.
    With an uneven split leaving them out removes more of the smaller variants, and
    the summary says so.

    >>> check_multiple_exposure(30, 10_000).level.value
    'warn'
    """
    found = exposure_check(n_multiple, n_units, weights=weights)
    if found.share is None:
        return Finding(
            Check.MULTIPLE_EXPOSURE,
            CheckLevel.OK,
            found,
            "No unit was exposed yet.",
            status=Status.INSUFFICIENT_DATA,
        )
    summary = (
        f"{number(found.n_multiple)} of {number(found.n_units)} units"
        f" ({percent(found.share, decimals=2)}) met more than one variant and are left out."
    )
    if found.is_biasing:
        summary += " As the split is uneven, leaving them out shifts the shares and biases."
    if found.level is CheckLevel.OK:
        return Finding(Check.MULTIPLE_EXPOSURE, CheckLevel.OK, found, summary)
    return Finding(Check.MULTIPLE_EXPOSURE, found.level, found, summary, CAUSES, _action(found))


def _action(found: ExposureCheck) -> str:
    if found.level is CheckLevel.BLOCK:
        return "Do not read results; make the hashed id stable, then restart as a new phase."
    return "Read results with care, and find out where the second variant came from."
