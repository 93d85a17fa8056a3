"""One message of Segment's into one event of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from experiments.intake.refusals import Refused
from experiments.intake.shapes import EventIn, Unit, encoder, text_id
from experiments.segment.bags import bag_of, kept_of
from experiments.segment.identity import as_uuid, event_id_of, moment_of
from experiments.segment.messages import Message, message_decoder
from experiments.segment.names import event_type
from experiments.segment.products import id_text, item_id_of, lines_of, quantity_of, value_of

MAX_RANK = 10_000
MAX_TOKEN = 1024
# Held in a place of their own, so not among the properties again.
TAKEN = frozenset({"products", "order_id", "exposure_token"})
# Ours first, then Segment's; libraries of other vendors send the second pair.
EXPERIMENT = ("experiment", "experiment_id", "experiment_name")
VARIANT = ("variant", "variation_id", "variation_name")


@dataclass(frozen=True, slots=True)
class Source:
    """Where messages come from: the site, its money, and how far the sender's clock runs ahead."""

    site_id: int
    currency: str
    received_at: datetime
    skew: timedelta = timedelta()


def event_bytes(raw: bytes, source: Source, kind: str = "") -> bytes:
    """Return a message as the event that a storefront would have sent us, encoded.

    `kind`: what the address said that the message is. Raises Refused, or what msgspec raises on a
    message without its shape.
    """
    message = message_decoder.decode(raw)
    if kind:
        message = msgspec.structs.replace(message, type=kind)
    return encoder.encode(event_of(message, source))


def event_of(message: Message, source: Source) -> EventIn:
    """Return the event that a message is; raises Refused."""
    named = event_type(message)
    bag = message.properties or {}
    tracked = bag if message.type == "track" else {}
    return EventIn(
        event_id=event_id_of(message.message_id, site_id=source.site_id),
        type=named,
        occurred_at=moment_of(message.timestamp, skew=source.skew, received_at=source.received_at),
        unit=_unit(message),
        request_id=as_uuid(bag.get("request_id")),
        item_id=item_id_of(tracked, field="properties"),
        rank=_rank(tracked),
        items=lines_of(tracked, site_currency=source.currency),
        quantity=quantity_of(tracked, field="properties"),
        value=value_of(named, tracked, site_currency=source.currency),
        order_id=_order_id(tracked),
        attributes=_attributes(message),
        properties=kept_of(_properties(message, named)),
        exposure_token=_token(bag),
    )


def _unit(message: Message) -> Unit:
    """Return whose message it is; of an alias the previous id is the visitor that signed in."""
    visitor = message.anonymous_id
    if visitor is None and message.type == "alias":
        visitor = message.previous_id
    if visitor is None and message.user_id is None:
        raise Refused("missing_field", "anonymousId", "a message needs an anonymousId or a userId")
    return Unit(
        None if visitor is None else text_id(visitor),
        None if message.user_id is None else text_id(message.user_id),
    )


def _rank(bag: Mapping[str, Any]) -> int | None:
    position = bag.get("position")
    if not isinstance(position, int) or isinstance(position, bool):
        return None
    return position if 1 <= position <= MAX_RANK else None


def _order_id(bag: Mapping[str, Any]) -> str | None:
    given = bag.get("order_id")
    return None if given is None else id_text(given, "properties.order_id")


def _token(bag: Mapping[str, Any]) -> str | None:
    given = bag.get("exposure_token")
    return given if isinstance(given, str) and len(given) <= MAX_TOKEN else None


def _attributes(message: Message) -> dict[str, Any]:
    """Return what is known of the unit: traits of the call, else those in its context."""
    traits = bag_of((message.context or {}).get("traits"))
    return kept_of(traits if message.traits is None else message.traits)


def _properties(message: Message, named: str) -> dict[str, Any]:
    given = {k: v for k, v in (message.properties or {}).items() if k not in TAKEN}
    own = {"name": message.name, "category": message.category}
    first = {name: value for name, value in own.items() if value is not None}
    met = _exposed(given) if named == "exposure" else {}
    return {**met, **first, **given, **met}  # first, as only so many are kept, and as texts


def _exposed(given: Mapping[str, Any]) -> dict[str, str]:
    """Return which variant of which experiment was met; raises Refused."""
    return {"experiment": _first(given, EXPERIMENT), "variant": _first(given, VARIANT)}


def _first(given: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        if given.get(name) is not None:
            return id_text(given[name], f"properties.{name}")
    field = f"properties.{names[1]}"
    raise Refused("missing_field", field, f"an exposure needs {names[1]} or {names[0]}")
