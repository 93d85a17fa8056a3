"""`PUT /api/v1/items`: the catalogue in bulk."""

from typing import Annotated, Any

import msgspec
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from msgspec import Meta
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from experiments.api.authentication import key_of
from experiments.api.bodies import decode, read_body
from experiments.api.lists import SiteList
from experiments.intake.shapes import Amount, Id
from experiments.models import Site
from recommenders.catalogue import ItemRecord, upsert_items
from recommenders.models import Item

MAX_ITEMS = 1_000
Short = Annotated[str, Meta(max_length=200)]
Long = Annotated[str, Meta(max_length=1_000)]
Text = Annotated[str, Meta(max_length=20_000)]


class ItemIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An item as a shop sends it; the price is in minor units."""

    item_id: Id
    title: Annotated[str, Meta(min_length=1, max_length=500)]
    category: Short = ""
    brand: Short = ""
    price: Amount | None = None
    description: Text = ""
    tags: Annotated[list[Short], Meta(max_length=64)] = []
    stock: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    image_url: Long = ""
    url: Long = ""
    is_active: bool = True


class ItemBatch(msgspec.Struct, frozen=True):
    """Up to 1 000 items; all or none are stored."""

    items: Annotated[list[ItemIn], Meta(min_length=1, max_length=MAX_ITEMS)]


_decoder = msgspec.json.Decoder(ItemBatch)
EXAMPLE: dict[str, Any] = {
    "items": [
        {
            "item_id": "sku-1",
            "title": "Copper kettle",
            "category": "kitchen",
            "price": 1999,
            "tags": ["gift"],
            "stock": 12,
        }
    ]
}


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
            "updated_at",
        ]
        read_only_fields = ["updated_at"]


class ItemBatchSerializer(serializers.Serializer[Any]):
    """The body of a bulk upsert, for the schema."""

    items = ItemSerializer(many=True)


class UpsertSerializer(serializers.Serializer[Any]):
    """What an upsert did."""

    received = serializers.IntegerField()
    created = serializers.IntegerField()


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
        """Create or replace up to 1 000 items by their ids."""
        batch = decode(read_body(request._request), _decoder)
        records = [
            ItemRecord(**{**msgspec.structs.asdict(item), "tags": tuple(item.tags)})
            for item in batch.items
        ]
        count = upsert_items(site=Site.objects.get(pk=key_of(request).site_id), items=records)
        return Response({"received": count.received, "created": count.created})
