"""The lists that the units of a phase were served: what every detail about lists looks at."""

from django.db.models import QuerySet

from analytics.scope import Scope
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
