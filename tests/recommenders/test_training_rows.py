"""What training reads of events and of the catalogue."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from experiments.clock import microseconds
from experiments.intake.importing import EventRecord, import_events
from experiments.models import Site, Traffic
from recommenders.artifacts import load_artifact
from recommenders.base import Kind
from recommenders.catalogue import ItemRecord, upsert_items
from recommenders.interactions import Interaction
from recommenders.models import Artifact, Recommender
from recommenders.selectors import interactions, item_features
from tests.factories import NOW, a_site, trained

pytestmark = pytest.mark.django_db


def _did(site: Site, type_: str, **facts: Any) -> None:
    usual: dict[str, Any] = {"visitor_id": "v-1", "item_id": "sku-1", "occurred_at": NOW}
    values = usual | facts
    import_events(site=site, events=[EventRecord(event_id=uuid4(), type=type_, **values)])


def _read(site: Site, **options: Any) -> list[Interaction]:
    return list(interactions(site, until=NOW + timedelta(days=1), **options))


def test_interactions__purchase_of_one_item__has_kind_visit_and_amount() -> None:
    site = a_site()
    _did(site, "purchase", amount=1_999, session_id="s-4")

    assert _read(site) == [
        Interaction("v-1", "sku-1", 5.0, microseconds(NOW), Kind.PURCHASE, "s-4", 1_999)
    ]


def test_interactions__basket__is_a_row_for_each_line_with_its_price() -> None:
    site = a_site()
    lines = [("sku-1", 2, 500), ("sku-2", 1, None)]
    _did(site, "purchase", item_id="", amount=1_600, items=lines)

    assert [(row.item_id, row.amount) for row in _read(site)] == [("sku-1", 1_000), ("sku-2", 800)]


def test_interactions__cart_with_a_value__is_nothing_paid() -> None:
    site = a_site()
    _did(site, "add_to_cart", amount=500)

    assert [(row.kind, row.amount) for row in _read(site)] == [(Kind.CART, 0)]


@pytest.mark.parametrize("traffic", list(Traffic))
def test_interactions__no_shopper__is_not_learned_from(traffic: str) -> None:
    site = a_site()
    _did(site, "view_item", visitor_id="robot", traffic=traffic)
    _did(site, "view_item", visitor_id="", account_id="a-1")

    assert [row.unit_id for row in _read(site)] == ["a-1"]


def test_interactions__attribute_named__tells_the_segment() -> None:
    site = a_site()
    _did(site, "view_item", attributes={"country": "DE", "member": True})
    _did(site, "view_item", attributes={"device": "mobile"})

    assert [row.segment for row in _read(site, segment_by="country")] == ["country=DE", ""]
    assert [row.segment for row in _read(site)] == ["", ""]


def test_item_features__item__comes_with_its_texts_and_age() -> None:
    site = a_site()
    upsert_items(
        site=site,
        items=[
            ItemRecord(
                item_id="sku-1",
                title="Red shoe",
                description="Light",
                tags=("summer",),
                category="shoes",
                added_at=NOW,
            )
        ],
    )

    found = item_features(site)

    assert [(each.title, each.description, each.tags) for each in found] == [
        ("Red shoe", "Light", ("summer",))
    ]
    assert found[0].added_us == microseconds(NOW)


def _segments_of(artifact: Artifact) -> list[bytes]:
    found = load_artifact(settings.DATA_DIR / artifact.path, sha256=artifact.sha256)
    return found.extras["segment_ids"].tolist()


def test_training__recommender_by_segment__keeps_the_segments_it_names() -> None:
    site = a_site()
    upsert_items(site=site, items=[ItemRecord(item_id="sku-1", title="Shoe")])
    _did(site, "view_item", attributes={"plan": "member"}, occurred_at=NOW - timedelta(days=3))
    Recommender.objects.create(
        site=site, key="plans", algorithm="hybrid", settings={"segment_by": "plan"}
    )

    by_plan, by_nothing = trained(site, "plans", "popularity")

    assert _segments_of(by_plan) == [b"plan=member"]
    assert _segments_of(by_nothing) == []
