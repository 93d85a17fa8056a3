"""Interactions of a data set in files as an evaluation takes them."""

from collections.abc import Callable, Iterator

from config.importing.records import RejectedRow, Source
from experiments.clock import microseconds
from experiments.intake.importing import EventRecord
from recommenders.base import Kind
from recommenders.catalogue import ItemRecord
from recommenders.evaluation.folds import Log
from recommenders.features.catalogue import ItemFeatures
from recommenders.interactions import EVENT_KINDS, EVENT_WEIGHTS, Interaction

SHOWN_EVERY = 5_000  # rows, between two moves of a progress bar


def log_of_files(
    source: Source, *, segment_by: str = "", advance: Callable[[int], None] = lambda _rows: None
) -> Log:
    """Return what a data set's readers yield: its interactions, and the items it may show.

    `segment_by`: the attribute that tells a unit's segment; `advance`: called with how many more
    rows were read.
    """
    rows: list[Interaction] = []
    for number, event in enumerate(source.events(currency=source.defaults.currency), start=1):
        if not isinstance(event, RejectedRow):
            rows += interactions_of(event, segment_by)
        if number % SHOWN_EVERY == 0:
            advance(SHOWN_EVERY)
    items = (item for item in source.items() if not isinstance(item, RejectedRow))
    return Log.of(rows, [features_of(item) for item in items if item.is_active])


def interactions_of(event: EventRecord, segment_by: str) -> Iterator[Interaction]:
    """Yield what an event of a file says of tastes: one interaction, or one for each line."""
    unit_id = event.visitor_id or event.account_id
    if event.type not in EVENT_WEIGHTS or not unit_id:
        return
    segment = event.attributes.get(segment_by, "") if segment_by else ""
    for item_id, amount in _lines(event):
        yield Interaction(
            unit_id,
            item_id,
            EVENT_WEIGHTS[event.type],
            microseconds(event.occurred_at),
            EVENT_KINDS.get(event.type, Kind.OTHER),
            event.session_id,
            amount,
            f"{segment_by}={segment}" if segment else "",
        )


def _lines(event: EventRecord) -> Iterator[tuple[str, float]]:
    if event.item_id:
        yield event.item_id, event.amount or 0
    else:
        for item_id, quantity, price in event.items:
            yield item_id, (price or 0) * (quantity or 1)


def features_of(item: ItemRecord) -> ItemFeatures:
    """Return what training may know of an item of a file."""
    return ItemFeatures(
        item_id=item.item_id,
        category=item.category,
        brand=item.brand,
        price=item.price,
        title=item.title,
        description=item.description,
        tags=tuple(item.tags),
    )
