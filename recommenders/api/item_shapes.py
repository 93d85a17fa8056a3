"""The shapes of items as shops send them, and of what becomes of a batch. Compiled validators."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from experiments.intake.shapes import Amount, Id
from recommenders.catalogue import ItemChange, ItemRecord

MAX_ITEMS = 1_000
Short = Annotated[str, Meta(max_length=200)]
Long = Annotated[str, Meta(max_length=1_000)]
Text = Annotated[str, Meta(max_length=20_000)]
Stock = Annotated[int, Meta(ge=0, le=2**31 - 1)]
# In Python `$` alone lets a line end pass.
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$(?!\n)")]


class ItemIn(Struct, frozen=True, forbid_unknown_fields=True):
    """An item as a shop sends it; the price is in minor units."""

    item_id: Id
    title: Annotated[str, Meta(min_length=1, max_length=500)]
    category: Short = ""
    brand: Short = ""
    price: Amount | None = None
    description: Text = ""
    tags: Annotated[list[Short], Meta(max_length=64)] = []
    stock: Stock | None = None
    image_url: Long = ""
    url: Long = ""
    is_active: bool = True
    markets: Annotated[list[Country], Meta(max_length=250)] = []
    added_at: Annotated[datetime, Meta(tz=True)] | None = None

    def record(self) -> ItemRecord:
        """Return it as the catalogue takes it."""
        lists = {"tags": tuple(self.tags), "markets": tuple(self.markets)}
        return ItemRecord(**{**msgspec.structs.asdict(self), **lists})


class ItemPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes of an item; what is left out stays. `stock` null: not counted."""

    item_id: Id
    price: Amount | UnsetType | None = UNSET
    stock: Stock | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET

    def change(self) -> ItemChange:
        """Return it as the catalogue takes it."""
        return ItemChange(**msgspec.structs.asdict(self))


class ItemBatch(Struct, frozen=True):
    """Up to 1 000 items; each is judged alone."""

    items: Annotated[list[ItemIn], Meta(min_length=1, max_length=MAX_ITEMS)]


class PatchedItems(Struct, frozen=True):
    """Changes of up to 1 000 items; each is judged alone."""

    items: Annotated[list[ItemPatch], Meta(min_length=1, max_length=MAX_ITEMS)]


class RawBatch(Struct, frozen=True):
    """Either batch as it is read first: raw, so that a bad item never fails its neighbours."""

    items: Annotated[list[Raw], Meta(min_length=1, max_length=MAX_ITEMS)]


batch_decoder = msgspec.json.Decoder(RawBatch)
item_decoder = msgspec.json.Decoder(ItemIn)
patch_decoder = msgspec.json.Decoder(ItemPatch)
