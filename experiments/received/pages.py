"""Pages of received events of every kind, newest first, each table with a place of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.errors import InvalidInput
from experiments.models import Site
from experiments.received.filters import Filters
from experiments.received.rows import Kind, Received, of_duplicate, of_event, of_quarantined
from experiments.received.tables import walk_kind
from experiments.received.waiting import waiting
from experiments.received.walking import Walked

READERS: dict[Kind, Callable[[Any], Received]] = {
    Kind.ACCEPTED: of_event,
    Kind.DUPLICATE: of_duplicate,
    Kind.QUARANTINED: of_quarantined,
}
LETTERS = {"a": Kind.ACCEPTED, "d": Kind.DUPLICATE, "q": Kind.QUARANTINED}
# By kind the number below which the next page goes on; a kind that is missing is read to its end.
Places = Mapping[Kind, int | None]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, newest first, and the cursor of the next page, "" on the last one."""

    rows: list[Received]
    cursor: str


def page_of(site: Site, filters: Filters, *, cursor: str = "", limit: int = 50) -> Page:
    """Return a page of what a site received; raises InvalidInput on a made-up cursor.

    What waits in the inbox is on the first page alone: by the time of the next it is applied.
    """
    places = places_of(cursor)
    walked = {
        kind: walk_kind(kind, site, filters, before=before, limit=limit)
        for kind, before in places.items()
    }
    ahead = [] if cursor else waiting(site, filters, limit)
    rows, taken = _merged(walked, limit)
    return Page([*ahead, *rows], cursor_of(_onward(places, walked, taken)))


def _merged(walked: Mapping[Kind, Walked], limit: int) -> tuple[list[Received], dict[Kind, int]]:
    """Return the newest rows of all kinds, and how many of each they are."""
    read = {kind: [READERS[kind](row) for row in found.rows] for kind, found in walked.items()}
    taken = dict.fromkeys(read, 0)
    rows: list[Received] = []
    while len(rows) < limit:
        heads = [kind for kind in read if taken[kind] < len(read[kind])]
        if not heads:
            break
        kind = max(heads, key=lambda kind: read[kind][taken[kind]].received_at)
        rows.append(read[kind][taken[kind]])
        taken[kind] += 1
    return rows, taken


def _onward(
    places: Places, walked: Mapping[Kind, Walked], taken: Mapping[Kind, int]
) -> dict[Kind, int | None]:
    """Return where each table goes on: behind its last row shown, or where its walk stopped."""
    found: dict[Kind, int | None] = {}
    for kind, before in places.items():
        rows = walked[kind].rows
        if taken[kind] < len(rows):
            found[kind] = rows[taken[kind] - 1].pk if taken[kind] else before
        elif walked[kind].before is not None:
            found[kind] = walked[kind].before
    return found


def cursor_of(places: Places) -> str:
    """Return places as an address carries them.

    >>> cursor_of({Kind.ACCEPTED: 12, Kind.QUARANTINED: None}), cursor_of({})
    ('a12.q', '')
    """
    letters = {kind: letter for letter, kind in LETTERS.items()}
    return ".".join(
        f"{letters[kind]}{'' if before is None else before}" for kind, before in places.items()
    )


def places_of(cursor: str) -> dict[Kind, int | None]:
    """Return the places of a cursor, every table from its newest row on without one.

    >>> places_of("a12.q")
    {<Kind.ACCEPTED: 'accepted'>: 12, <Kind.QUARANTINED: 'quarantined'>: None}
    """
    if not cursor:
        return dict.fromkeys(READERS)
    places: dict[Kind, int | None] = {}
    for part in cursor.split("."):
        letter, number = part[:1], part[1:]
        is_number = number.isascii() and number.isdecimal() and len(number) <= 18
        if letter not in LETTERS or not (is_number or not number) or LETTERS[letter] in places:
            raise InvalidInput(
                "this cursor was not given by the list",
                field="cursor",
                hint="Follow the addresses that the list gives.",
            )
        places[LETTERS[letter]] = int(number) if number else None
    return places
