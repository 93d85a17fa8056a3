"""Whether a unit can be in the experiments that another one builds on."""

from experiments.assignment.assign import MAX_PREREQUISITES
from experiments.lifecycle import HOLDS_BUCKETS
from experiments.models import Experiment, Prerequisite


def prerequisite_problems(experiment: Experiment) -> list[str]:
    """Return why no unit could meet the prerequisites, [] when units can."""
    rows = experiment.prerequisites.select_related("required__placement__layer").prefetch_related(
        "variants"
    )
    problems = [text for row in rows if (text := _problem(experiment, row))]
    if chain := _ring_or_depth(experiment):
        problems.append(chain)
    return problems


def _problem(experiment: Experiment, needed: Prerequisite) -> str:
    required = needed.required
    variants = list(needed.variants.all())
    if required.site_id != experiment.site_id:
        return f"{required.key} belongs to another site"
    if required.status not in HOLDS_BUCKETS:
        return f"{required.key} is {required.status}: no unit is in it"
    if not variants:
        return f"no variant of {required.key} is chosen"
    if strange := [v.key for v in variants if v.experiment_id != required.pk]:
        return f"{', '.join(strange)} is no variant of {required.key}"
    if required.layer.pk == experiment.layer.pk:
        return f"{required.key} is in the same layer, so that no unit is in both"
    return ""


def _ring_or_depth(experiment: Experiment) -> str:
    """Return why following the prerequisites comes to no end, "" when it does."""
    edges: dict[int, list[int]] = {}
    for row in Prerequisite.objects.filter(experiment__site_id=experiment.site_id):
        edges.setdefault(row.experiment_id, []).append(row.required_id)
    wave = set(edges.get(experiment.pk, ()))
    for _step in range(MAX_PREREQUISITES):
        if experiment.pk in wave:
            return "the prerequisites lead back to this experiment"
        wave = {after for each in wave for after in edges.get(each, ())}
        if not wave:
            return ""
    return f"the prerequisites go on for more than {MAX_PREREQUISITES} experiments"
