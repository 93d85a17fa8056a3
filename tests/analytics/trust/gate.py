"""Runs whose trust gate is looked at."""

from typing import Any

from analytics.reporting.judging import compare_all
from analytics.reporting.measuring import measure
from analytics.reporting.scope import Scope, data_cut_us
from analytics.trust import findings_of
from analytics.trust.facts import Facts
from experiments.models import Experiment


def scope_of(experiment: Experiment, *, is_present: bool = False) -> Scope:
    experiment = Experiment.objects.select_related("site").get(pk=experiment.pk)
    until_us = data_cut_us(experiment)
    return Scope.of(experiment, phase=experiment.phase, until_us=until_us, is_present=is_present)


def facts_of(experiment: Experiment, *, is_present: bool = False) -> Facts:
    scope = scope_of(experiment, is_present=is_present)
    measured = measure(scope)
    return Facts(scope, measured, compare_all(scope, measured))


def gate(experiment: Experiment, *, is_present: bool = False) -> dict[str, dict[str, Any]]:
    """Return the findings of an experiment's present phase by their codes."""
    facts = facts_of(experiment, is_present=is_present)
    found = findings_of(facts.scope, facts.measured, facts.comparisons)
    return {each["code"]: each for each in found}


def states(experiment: Experiment, **options: Any) -> dict[str, str]:
    return {code: found["state"] for code, found in gate(experiment, **options).items()}
