"""How many different units would enter an experiment, day by day, from the last four weeks."""

from dataclasses import dataclass

from django.utils import timezone

from analytics.launch.history import DAYS, Past
from analytics.stats.planning.duration import Traffic
from experiments.assignment.hashing import BUCKETS
from experiments.clock import EPOCH, MICROSECOND
from experiments.matching import count_matching
from experiments.models import Experiment, Holdout

LEAST_UNITS = 100  # of fewer the spread of a unit says little


class CannotPlan(Exception):
    """Why the past says nothing about this experiment, in a manager's words; `fix` mends it."""

    def __init__(self, reason: str, fix: str = "") -> None:
        super().__init__(reason)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Crowd:
    """The units that came: `cumulative` by the end of each day, and which part of them may enter.

    `eligible`, `outside_holdouts`: fractions of them; the share of the traffic comes on top.
    """

    cumulative: tuple[int, ...]
    eligible: float
    outside_holdouts: float

    @property
    def days(self) -> int:
        """Return of how many days anything is known."""
        return len(self.cumulative)

    @property
    def is_short(self) -> bool:
        """Tell whether fewer than four weeks are known."""
        return self.days < DAYS

    def traffic(self, share: float) -> Traffic:
        """Return what enters of it; raises CannotPlan where nothing would."""
        entering = share * self.eligible * self.outside_holdouts
        if entering <= 0:
            raise CannotPlan(
                "no unit that was seen lately would enter: traffic or audience is empty",
                "Give the experiment traffic, or an audience that somebody belongs to.",
            )
        return Traffic(self.cumulative, min(1.0, entering))


def crowd_of(experiment: Experiment, past: Past, seen: tuple[int, ...]) -> Crowd:
    """Return who came in the period; raises CannotPlan where too few did.

    `seen`: the different units by the end of each day.
    """
    place = experiment.place if experiment.placement else experiment.site.name
    if not seen or seen[-1] < LEAST_UNITS:
        raise CannotPlan(
            f"{seen[-1] if seen else 0} {experiment.unit_type}s were served a list at {place} in"
            f" the last {DAYS} days, at least {LEAST_UNITS} are needed",
            "Let the storefront ask for its lists first, without any experiment: what their"
            " visitors then do is what a plan is made of.",
        )
    return Crowd(seen, _eligible(experiment, past), _outside_holdouts(experiment))


def _eligible(experiment: Experiment, past: Past) -> float:
    """Return the share of lately seen units that meet the eligibility, 1 where nobody was."""
    if not experiment.eligibility:
        return 1.0
    found = count_matching(
        site=experiment.site,
        condition=experiment.eligibility,
        unit_type=experiment.unit_type,
        now=min(timezone.now(), EPOCH + past.until_us * MICROSECOND),
    )
    return found.n_matching / found.n_units if found.n_units else 1.0


def _outside_holdouts(experiment: Experiment) -> float:
    """Return the share of units that no holdout keeps out; each holdout hashes by itself."""
    share = 1.0
    for holdout in Holdout.objects.filter(site=experiment.site_id).prefetch_related("layers"):
        layers = {layer.pk for layer in holdout.layers.all()}
        if not layers or experiment.layer.pk in layers:
            share *= 1 - holdout.buckets / BUCKETS
    return share
