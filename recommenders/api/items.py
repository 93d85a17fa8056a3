"""`/api/v1/items`: the catalogue, in bulk and item by item."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from msgspec import Raw
from rest_framework import serializers
from rest_framework.generics import RetrieveDestroyAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from experiments.api.authentication import key_of
from experiments.api.bodies import decode_items, read_body
from experiments.api.lists import SiteList
from experiments.errors import NotFound
from experiments.intake.accepting import Rejection, rejection_of
from experiments.intake.refusals import NUL_ESCAPE, Refused, refuse_bad_text
from experiments.models import Site
from recommenders.api.item_shapes import ItemPatch, batch_decoder, item_decoder, patch_decoder
from recommenders.catalogue import change_items, upsert_items
from recommenders.models import Item

T = TypeVar("T")
ITEM: dict[str, Any] = {
    "item_id": "sku-1",
    "title": "Copper kettle",
    "category": "kitchen",
    "price": 1999,
    "tags": ["gift"],
    "stock": 12,
    "markets": ["DE", "AT"],
}
EXAMPLE = {"items": [ITEM]}
CHANGE = {"items": [{"item_id": "sku-1", "stock": 0}, {"item_id": "sku-2", "price": 2499}]}


class ItemSerializer(serializers.ModelSerializer[Item]):
    """An item of the catalogue."""

    class Meta:
        model = Item
        fields = [
            "item_id",
            "title",
            "category",
            "brand",
            "price",
            "description",
            "tags",
            "stock",
            "image_url",
            "url",
            "is_active",
            "markets",
            "added_at",
            "updated_at",
        ]
        read_only_fields = ["updated_at"]


class ItemBatchSerializer(serializers.Serializer[Any]):
    """The body of a bulk upsert, for the schema."""

    items = ItemSerializer(many=True)


class ItemsSerializer(serializers.Serializer[Any]):
    """The body of changes in bulk, for the schema, which calls it PatchedItems."""

    items = ItemSerializer(many=True)


class RejectionSerializer(serializers.Serializer[Any]):
    """Why one item of a batch was refused; `index` counts from 0."""

    index = serializers.IntegerField()
    code = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    detail = serializers.CharField()


class UpsertSerializer(serializers.Serializer[Any]):
    """What an upsert did: how many items were stored, how many of them are new, which were not."""

    received = serializers.IntegerField()
    created = serializers.IntegerField()
    rejected = RejectionSerializer(many=True)


class ChangedSerializer(serializers.Serializer[Any]):
    """What changes in bulk did."""

    changed = serializers.IntegerField()
    rejected = RejectionSerializer(many=True)


class ItemsView(SiteList[Item]):
    """The catalogue of the key's site."""

    scope = "items"
    serializer_class = ItemSerializer

    def rows(self, site_id: int) -> QuerySet[Item]:
        """Return the site's items."""
        return Item.objects.filter(site_id=site_id)

    @extend_schema(
        request=ItemBatchSerializer,
        responses={200: UpsertSerializer},
        examples=[OpenApiExample("one item", EXAMPLE, request_only=True)],
    )
    def put(self, request: Request) -> Response:
        """Create or replace up to 1 000 items by their ids; a bad one never fails the others."""
        good, rejected = _judged(request, item_decoder)
        records = [item.record() for _index, item in good]
        count = upsert_items(site=_site(request), items=records)
        return Response(_answer(rejected, received=count.received, created=count.created))

    @extend_schema(
        operation_id="items_change",
        request=ItemsSerializer,
        responses={200: ChangedSerializer},
        examples=[OpenApiExample("stock and price", CHANGE, request_only=True)],
    )
    def patch(self, request: Request) -> Response:
        """Change price, stock or activity of up to 1 000 items; lists follow within 5 seconds."""
        good, rejected = _judged(request, patch_decoder)
        unknown = change_items(
            site=_site(request), changes=[patch.change() for _index, patch in good]
        )
        absent = list(_absent(good, unknown))
        refused = sorted([*rejected, *absent], key=lambda each: each.index)
        return Response(_answer(refused, changed=len(good) - len(absent)))


class ItemView(RetrieveDestroyAPIView[Item]):
    """One item."""

    scope = "items"
    serializer_class = ItemSerializer

    def get_object(self) -> Item:
        """Return the item of this id; raises NotFound."""
        # PostgreSQL refuses a text with NUL; no item is called so.
        item_id = self.kwargs["item_id"].replace("\0", "\ufffd")
        row = Item.objects.filter(site_id=key_of(self.request).site_id, item_id=item_id).first()
        if row is None:
            raise NotFound(f"there is no item {item_id[:256]!r}", field="item_id")
        return row

    def perform_destroy(self, instance: Item) -> None:
        """Take the item out of every list; its row stays, as events and reports know it."""
        change_items(
            site=instance.site, changes=[ItemPatch(instance.item_id, is_active=False).change()]
        )


def _site(request: Request) -> Site:
    return Site.objects.get(pk=key_of(request).site_id)


def _judged(
    request: Request, decoder: "msgspec.json.Decoder[T]"
) -> tuple[list[tuple[int, T]], list[Rejection]]:
    """Return a batch's good items with their places, and why the others are refused."""
    good: list[tuple[int, T]] = []
    rejected: list[Rejection] = []
    batch = decode_items(read_body(request._request), batch_decoder, "items")
    for index, raw in enumerate(batch.items):
        try:
            good.append((index, _checked(raw, decoder)))
        except Refused as refusal:
            rejected.append(Rejection(index, refusal.code, refusal.field, refusal.detail))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            rejected.append(rejection_of(index, error, bytes(raw)))
    return good, rejected


def _checked(raw: Raw, decoder: "msgspec.json.Decoder[T]") -> T:
    value = decoder.decode(raw)
    if NUL_ESCAPE in bytes(raw):
        refuse_bad_text(value)
    return value


def _absent(good: Sequence[tuple[int, ItemPatch]], unknown: frozenset[str]) -> Iterator[Rejection]:
    for index, patch in good:
        if patch.item_id in unknown:
            detail = f"there is no item {patch.item_id!r}; PUT creates it"
            yield Rejection(index, "unknown_item", "item_id", detail)


def _answer(rejected: Sequence[Rejection], **counts: int) -> dict[str, Any]:
    return {**counts, "rejected": msgspec.to_builtins(rejected)}
