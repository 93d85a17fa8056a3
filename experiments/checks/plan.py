"""Warnings about the plan: what it is for, who answers for it, when it ends."""

from django.utils import timezone

from experiments.models import Experiment
from experiments.registries import Check

WEEK = 7
LEAST_DAYS = 14  # every weekday counts twice


def plan_checks(experiment: Experiment) -> list[Check]:
    """Return the warnings about hypothesis, owner, end, length and an A/A test."""
    return [
        _hypothesis(experiment),
        _owner(experiment),
        _end_date(experiment),
        _whole_weeks(experiment),
        _difference(experiment),
    ]


def _warning(name: str, passed: bool, detail: str, fix: str, *, code: str, link: str) -> Check:
    return Check(name, passed, detail, fix, code=code, is_hard=False, link=link)


def _hypothesis(experiment: Experiment) -> Check:
    parts = {
        "what changes": experiment.hypothesis_change,
        "why that should work": experiment.hypothesis_because,
    }
    missing = [name for name, text in parts.items() if not text.strip()]
    stated = bool(experiment.hypothesis.strip()) or not missing
    return _warning(
        "A hypothesis is stated",
        stated,
        "it is stated" if stated else f"not said: {' and '.join(missing)}",
        "Say what changes, what should move and because of what.",
        code="hypothesis",
        link="question",
    )


def _owner(experiment: Experiment) -> Check:
    owner = experiment.owner
    return _warning(
        "Somebody owns it",
        owner is not None and owner.is_active,
        str(owner.get_username()) if owner else "nobody is named",
        "Name an owner who can still sign in: reminders and questions go there.",
        code="owner",
        link="question",
    )


def _end_date(experiment: Experiment) -> Check:
    end = experiment.ends_at
    return _warning(
        "An end date is set",
        end is not None,
        f"{end:%Y-%m-%d %H:%M} UTC"
        if end
        else f"planned for {experiment.planned_days} days, but it runs until somebody ends it",
        "Set the day on which it ends by itself.",
        code="end_date",
        link="duration",
    )


def scheduled_days(experiment: Experiment) -> int:
    """Return the whole days it is to run: up to its end date, else as planned."""
    if experiment.ends_at is None:
        return experiment.planned_days
    begins = experiment.started_at or experiment.starts_at or timezone.now()
    return max(0, round((experiment.ends_at - begins).total_seconds() / 86_400))


def _whole_weeks(experiment: Experiment) -> Check:
    days = scheduled_days(experiment)
    return _warning(
        "It runs for whole weeks, two at least",
        days >= LEAST_DAYS and days % WEEK == 0,
        f"{days} days",
        "Choose 14, 21, 28 … days: otherwise some weekdays weigh more than others.",
        code="whole_weeks",
        link="duration",
    )


def _difference(experiment: Experiment) -> Check:
    is_same = same_everywhere(experiment)
    return _warning(
        "Variants differ",
        not is_same,
        "all variants show the same: an A/A test" if is_same else "they show different things",
        "Change a treatment's parameters, or waive this: an A/A test expects no lift.",
        code="same_everywhere",
        link="variants",
    )


def same_everywhere(experiment: Experiment) -> bool:
    """Return whether all variants show the same, as in an A/A test."""
    default = experiment.placement.parameters if experiment.placement else {}
    shown = [variant.parameters or default for variant in experiment.variants.all()]
    return len(shown) > 1 and all(parameters == shown[0] for parameters in shown)
