"""What must hold before an experiment may start, and what should, unless somebody waives it."""

from dataclasses import replace

from experiments import checks_beside, checks_plan, checks_setup, checks_tryout
from experiments.buckets import free_range, taken_ranges
from experiments.models import Experiment
from experiments.registries import LAUNCH_CHECKS, Check

__all__ = ["free_range", "launch_checks", "open_warnings", "own_checks", "taken_ranges"]


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
        *checks_setup.setup_checks(experiment),
        *checks_plan.plan_checks(experiment),
        *checks_beside.beside_checks(experiment),
        *checks_tryout.tryout_checks(experiment),
    ]
