"""One made-up shop: everything that follows from a seed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from config.simulation.catalogue import Catalogue, make_catalogue
from config.simulation.events import Scene
from config.simulation.history import History, make_history
from config.simulation.visitors import Visitors, make_visitors
from config.simulation.visits import Visits, plan_visits

LIST_LENGTH = 10
WINDOW_DAYS = 14  # after its first exposure a unit's events count for so long


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop before its experiment: who comes, what there is, what happened so far."""

    seed: int
    start: datetime
    days: int
    catalogue: Catalogue
    visitors: Visitors
    history: History

    @property
    def scene(self) -> Scene:
        """Return what events are told from."""
        return Scene(self.visitors, self.catalogue)

    @property
    def expected_visits(self) -> NDArray[np.float64]:
        """Return the mean number of visits per visitor over the experiment."""
        return self.visitors.daily_rate * self.days

    def rng(self, purpose: str) -> np.random.Generator:
        """Return the random numbers of one purpose: the same for a seed, independent of others."""
        return np.random.default_rng([self.seed, *purpose.encode()])

    def plan(self, rng: np.random.Generator) -> Visits:
        """Return fresh visits over the experiment's days."""
        return plan_visits(self.expected_visits, self.start, self.days, rng)


def make_shop(*, seed: int, start: datetime, n_items: int, n_visitors: int, days: int) -> Shop:
    """Return the shop of a seed; `start` must be a midnight."""
    parts = iter(np.random.default_rng(seed).spawn(3))
    catalogue = make_catalogue(n_items, next(parts))
    visitors = make_visitors(n_visitors, catalogue, next(parts))
    history = make_history(visitors, catalogue, until=start, rng=next(parts))
    return Shop(seed, start, days, catalogue, visitors, history)


def start_before(moment: datetime, days: int) -> datetime:
    """Return the last Monday's midnight that leaves whole `days` before the moment.

    Always a Monday, so that the same seed meets the same weekends whenever it is run.
    """
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    return midnight - timedelta(days=midnight.weekday())
