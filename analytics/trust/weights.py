"""The weights a phase was run with: those of its record, the present ones where it has none."""

from analytics.reporting.scope import Scope
from experiments.models import Phase


def weights_of(scope: Scope) -> list[int]:
    """Return the weight of each variant of the scope in its phase."""
    phase = Phase.objects.filter(experiment=scope.experiment, number=scope.phase).first()
    known = {each["key"]: int(each["weight"]) for each in (phase.variants if phase else ())}
    return [known.get(variant.key, variant.weight) for variant in scope.variants]
