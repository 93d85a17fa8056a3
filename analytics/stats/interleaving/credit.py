"""Which ranking a click or a purchase speaks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.errors import InvalidInputError
from analytics.stats.interleaving.lists import MixedList
from analytics.stats.results import Plain

DAY_US = 86_400_000_000  # how long a click may lead to a purchase


@dataclass(frozen=True, slots=True)
class Click(Plain):
    """An item clicked in a list, at a time in microseconds."""

    list_id: str
    item: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Purchase(Plain):
    """An item bought, at a time in microseconds."""

    item: str
    at_us: int


def click_credits(
    lists: Mapping[str, MixedList], clicks: Sequence[Click]
) -> dict[str, tuple[int, ...]]:
    """Return the credits of each ranking, by the list that was clicked.

    A click counts for the team of its slot, once per item and list however often
    repeated, and for nobody on the shared leading slots. A list without a click is
    absent. Raises InvalidInputError on a click whose list or item is unknown.
    """
    return _credits(lists, clicks, counted=clicks)


def purchase_credits(
    lists: Mapping[str, MixedList],
    clicks: Sequence[Click],
    purchases: Sequence[Purchase],
    *,
    window_us: int = DAY_US,
) -> dict[str, tuple[int, ...]]:
    """Return the credits of one unit's purchases, by the list they came from.

    A purchase counts for the most recent earlier click on its item, within `window_us`
    (24 hours); without one for nobody. As for clicks: one credit per item and list.
    Clicked lists without a purchase show no credit: they are ties.
    """
    if window_us < 0:
        raise InvalidInputError(f"the window must not be negative, was {window_us}")
    led = [_leading_click(clicks, purchase, window_us) for purchase in purchases]
    return _credits(lists, clicks, counted=[click for click in led if click is not None])


def winner_of(earned: Sequence[int], *, first: int = 0, second: int = 1) -> int:
    """Return +1 when ranking `second` has more credits than `first`, −1 when fewer, else 0.

    >>> winner_of((1, 3)), winner_of((2, 0)), winner_of((1, 1))
    (1, -1, 0)
    """
    if not (0 <= first < len(earned) and 0 <= second < len(earned)):
        raise InvalidInputError(f"no rankings {first} and {second} among {len(earned)}")
    return (earned[second] > earned[first]) - (earned[second] < earned[first])


def _credits(
    lists: Mapping[str, MixedList], clicks: Sequence[Click], *, counted: Sequence[Click]
) -> dict[str, tuple[int, ...]]:
    """Return credits of the counted clicks, for every list that has any click."""
    for click in clicks:
        if click.list_id not in lists or click.item not in lists[click.list_id].items:
            raise InvalidInputError(f"no list {click.list_id!r} shows item {click.item!r}")
    totals = {click.list_id: [0] * lists[click.list_id].n_teams for click in clicks}
    for list_id, item in dict.fromkeys((click.list_id, click.item) for click in counted):
        team = lists[list_id].team_of(item)
        if team is not None:
            totals[list_id][team] += 1
    return {list_id: tuple(earned) for list_id, earned in totals.items()}


def _leading_click(clicks: Sequence[Click], purchase: Purchase, window_us: int) -> Click | None:
    """Return the last click on the item before the purchase, if it is recent enough."""
    led = [
        click
        for click in clicks
        if click.item == purchase.item and 0 <= purchase.at_us - click.at_us <= window_us
    ]
    return max(led, key=lambda click: click.at_us, default=None)
