"""The lists that the units of a phase were served: what every detail about lists looks at."""

from django.db.models import QuerySet

from analytics.reporting.scope import Scope
from experiments import selectors as experiment_selectors
from experiments.assignment.specs import Reason
from experiments.models import Slate


def served_lists(scope: Scope) -> QuerySet[Slate]:
    """Return the lists up to the cut; not what testers, overridden units and bots were shown."""
    return Slate.objects.filter(
        experiment_id=scope.experiment.pk,
        phase=scope.phase,
        ts_us__lte=scope.until_us,
        variant_id__isnull=False,
        reason=Reason.SPLIT.value,
        traffic="",
    )


def dropped_lists(scope: Scope) -> int:
    """Return how many lists of the phase retention has dropped: no detail can look at these."""
    counts = experiment_selectors.dropped_slate_counts(
        experiment_id=scope.experiment.pk, phase=scope.phase
    )
    return sum(each.slates for each in counts.values())
