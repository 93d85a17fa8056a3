"""What must hold before an experiment may start, and what should, unless somebody waives it."""

from dataclasses import replace

from experiments.checks.beside import beside_checks
from experiments.checks.plan import plan_checks
from experiments.checks.setup import setup_checks
from experiments.checks.tryout import tryout_checks
from experiments.models import Experiment
from experiments.registries import LAUNCH_CHECKS, Check


def launch_checks(experiment: Experiment) -> list[Check]:
    """Return every check of a launch, hard ones first, each with its reason and its fix.

    `waived` of a warning: the reason for which somebody lets it be, and who.
    """
    checks = own_checks(experiment)
    for extra in LAUNCH_CHECKS:
        checks += extra(experiment)
    waivers = {
        waiver.code: f"{waiver.reason} ({waiver.actor})" for waiver in experiment.waivers.all()
    }
    checks = [
        check if check.is_hard else replace(check, waived=waivers.get(check.code, ""))
        for check in checks
    ]
    return sorted(checks, key=lambda check: not check.is_hard)


def open_warnings(checks: list[Check]) -> list[Check]:
    """Return the warnings that stand and that nobody has waived."""
    return [check for check in checks if not (check.passed or check.is_hard or check.waived)]


def own_checks(experiment: Experiment) -> list[Check]:
    """Return this room's checks, each with its reason and, where it fails, the fix."""
    return [
        *setup_checks(experiment),
        *plan_checks(experiment),
        *beside_checks(experiment),
        *tryout_checks(experiment),
    ]
