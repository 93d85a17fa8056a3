"""What Segment's libraries send: the shapes of a message and of a batch, money kept decimal."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from experiments.intake.shapes import LooseId, decimal_of

KINDS = ("track", "page", "screen", "identify", "group", "alias")
Moment = Annotated[datetime, Meta(tz=True)]
Bag = dict[str, Any]


class Message(Struct, frozen=True, rename="camel"):
    """One call of a library; null and missing mean the same."""

    message_id: LooseId
    type: str = ""
    event: str | None = None
    anonymous_id: LooseId | None = None
    user_id: LooseId | None = None
    previous_id: LooseId | None = None
    timestamp: Moment | None = None
    name: str | None = None
    category: str | None = None
    properties: Bag | None = None
    traits: Bag | None = None
    context: Bag | None = None


class Head(Struct, frozen=True, rename="camel"):
    """What stands beside the messages; nothing here may fail a batch, so any value is taken."""

    write_key: Any = None
    sent_at: Any = None


class Batch(Head, frozen=True, kw_only=True):
    """Several messages, raw, so that a bad one never fails its neighbours."""

    batch: list[Raw]


message_decoder = msgspec.json.Decoder(Message, float_hook=decimal_of)
batch_decoder = msgspec.json.Decoder(Batch)
head_decoder = msgspec.json.Decoder(Head)
