"""A warning until a tester has met the experiment: only that proves that the shop asks for it."""

from django.db.models import QuerySet

from experiments.assignment.specs import Reason
from experiments.models import Experiment, Slate
from experiments.registries import Check

TESTED = (Reason.QA, Reason.OVERRIDE)


def tester_slates(experiment: Experiment) -> QuerySet[Slate]:
    """Return the lists of the experiment that testers were served; they never count."""
    return Slate.objects.filter(experiment=experiment, reason__in=TESTED)


def tryout_checks(experiment: Experiment) -> list[Check]:
    """Return the warning about variants that no tester has met."""
    met = set(tester_slates(experiment).values_list("variant_id", flat=True).distinct())
    unmet = [variant.name for variant in experiment.variants.all() if variant.pk not in met]
    return [
        Check(
            "A tester has met it",
            bool(met),
            _detail(bool(met), unmet),
            "Open the shop in test mode, or with a unit that has an override, until a list of it"
            " was served.",
            code="qa_exposure",
            is_hard=False,
            link="audience",
        )
    ]


def _detail(is_met: bool, unmet: list[str]) -> str:
    if not is_met:
        return "no list was served in test mode"
    return f"lists were served; not yet of {', '.join(unmet)}" if unmet else "in every variant"
