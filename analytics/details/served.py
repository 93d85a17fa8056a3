"""The lists that the units of a phase were served: what every detail about lists looks at."""

from analytics.engines.current import reads_files
from analytics.queries.units import Part
from analytics.reporting.scope import Scope
from experiments import selectors as experiment_selectors
from experiments.assignment.specs import Reason

SERVED = """s.experiment_id = %s AND s.phase = %s AND s.ts_us <= %s
    AND s.variant_id IS NOT NULL AND s.reason = %s AND s.traffic = ''"""
ALL_SERVED = "Counted are all lists that were served, whether or not anybody saw them."


def served_lists(scope: Scope) -> Part:
    """Return which lists `s` count up to the cut; not those of testers, overridden units, bots."""
    return SERVED, (scope.experiment.pk, scope.phase, scope.until_us, Reason.SPLIT.value)


def dropped_lists(scope: Scope) -> int:
    """Return how many lists of the phase retention has dropped, and no detail can look at.

    0 where they are read from exported days.
    """
    if reads_files():
        return 0
    counts = experiment_selectors.dropped_slate_counts(
        experiment_id=scope.experiment.pk, phase=scope.phase
    )
    return sum(each.slates for each in counts.values())


def basis_of(scope: Scope) -> dict[str, str]:
    """Return what a detail about lists says of them where the report counts who saw one."""
    return {"basis": ALL_SERVED} if scope.is_viewed else {}
