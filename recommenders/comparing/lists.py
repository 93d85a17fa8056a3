"""One column's list for one unit: served as ever, recorded nowhere, and never another's trouble."""

import logging
import time
from dataclasses import dataclass

from experiments.models import Site
from recommenders.comparing.columns import Column
from recommenders.errors import ArtifactError
from recommenders.selectors import why_unservable
from recommenders.serving import Served, Wish, serve
from recommenders.state import ServingState

log = logging.getLogger(__name__)

REFILLED = "refilled"
# Why a list is not the chosen one's own, in a reader's words.
NOTES = {
    "no_artifact": "not trained yet",
    "artifact_missing": "its artifact is missing",
    "artifact_damaged": "its artifact is damaged",
    "unknown_unit": "it does not know this shopper",
    "no_known_items": "it knows none of the items on the shelf",
    "no_items_left": "nothing that it would show may be shown",
    "recommender_failed": "it failed; the log has the traceback",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a column answered: the list, None when there is none at all, and how long it took.

    `problem`: why the list is not the column's own, "" when it is.
    """

    column: Column
    served: Served | None
    took_ms: float
    problem: str = ""

    @property
    def ids(self) -> list[str]:
        """Return the list's items in order."""
        return [item.item_id for item in self.served.items] if self.served else []

    @property
    def is_own(self) -> bool:
        """Return whether the column made the list itself, at least its beginning."""
        return self.served is not None and self.served.fallback in ("", REFILLED)


def answer(column: Column, wish: Wish, state: ServingState) -> Answer:
    """Return a column's list; whatever is wrong with it is said of it alone."""
    if column.problem:
        return Answer(column, None, 0.0, column.problem)
    began = time.perf_counter_ns()
    try:
        served = serve(wish, column.parameters, state)
    except Exception as error:
        log.exception("list to compare failed column=%s", column.token)
        return Answer(column, None, _passed(began), f"it failed: {type(error).__name__}")
    return Answer(column, served, _passed(began), _note(served))


def explained(answered: Answer, site: Site) -> str:
    """Return what is wrong with a column as exactly as can be found out; "" when nothing is."""
    if answered.served is None or answered.is_own:
        return answered.problem
    try:
        why = why_unservable(site, dict(answered.column.parameters))
    except ArtifactError as error:
        why = str(error)
    return why or answered.problem


def _passed(began: int) -> float:
    return (time.perf_counter_ns() - began) / 1_000_000


def _note(served: Served) -> str:
    if served.fallback in ("", REFILLED):
        return ""
    return NOTES.get(served.fallback, served.fallback.replace("_", " "))
