"""What happened before the start: two months of visits to the shop's own pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from config.simulation.behaviour import Outcome, behave, pick_categories
from config.simulation.catalogue import Catalogue
from config.simulation.events import Event, Scene, events_of
from config.simulation.visitors import Visitors
from config.simulation.visits import Visits, plan_visits

HISTORY_DAYS = 60
PAGE_SIZE = 12
# Most visitors found the shop lately: the share of the two months that they have known it.
TENURE = (1.5, 2.1)
INTENT = 1.6  # somebody who opened a category page wants something there
SHUFFLE = 0.8  # of category pages, against an order by appeal alone


@dataclass(frozen=True, slots=True)
class History:
    """Past visits and what came of them; `outcome` holds the pages that were shown as lists."""

    visits: Visits
    outcome: Outcome


def make_history(
    visitors: Visitors,
    catalogue: Catalogue,
    *,
    until: datetime,
    rng: np.random.Generator,
    days: int = HISTORY_DAYS,
) -> History:
    """Return the history of the `days` days before `until`, a midnight; new visitors have none."""
    known_days = days * rng.beta(*TENURE, len(visitors)) * ~visitors.is_new
    start = until - timedelta(days=days)
    visits = plan_visits(visitors.daily_rate * known_days, start, days, rng)
    pages = category_pages(pick_categories(visits.visitor, visitors, rng), catalogue, rng)
    outcome = behave(pages, visits.visitor, visitors, catalogue, rng, intent=INTENT)
    return History(visits, outcome)


def category_pages(
    category: NDArray[np.int64], catalogue: Catalogue, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return a page of items of each category, best-sellers mostly first: (n, page size)."""
    size = min(PAGE_SIZE, int(np.bincount(catalogue.category).min()))
    pages = np.empty((len(category), size), np.int64)
    for one in np.unique(category):
        members = np.flatnonzero(catalogue.category == one)
        here = category == one
        noise = SHUFFLE * rng.gumbel(size=(int(here.sum()), len(members)))
        order = np.argsort(-(catalogue.appeal[members] + noise), axis=1)[:, :size]
        pages[here] = members[order]
    return pages


def history_events(scene: Scene, history: History, rng: np.random.Generator) -> Iterator[Event]:
    """Yield the past as events in the API's shape, in the order of the visits."""
    return events_of(scene, history.visits, history.outcome, rng, shows_lists=True)
