"""The catalogue, recommenders and artifacts at the staff's hands."""

from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from recommenders.models import Artifact, CatalogueVersion, Item, Recommender
from recommenders.services import request_training
from tests.experiments.admin.forms import signed_in, superuser
from tests.factories import a_site, member, stocked, trained

pytestmark = pytest.mark.django_db

ITEM = {
    "item_id": "lamp",
    "title": "Lamp",
    "price": "19.90",
    "stock": 3,
    "is_active": "on",
    "tags": '["oak"]',
}


def errors(answer: Any) -> str:
    """Return the form's errors."""
    return str(answer.context["adminform"].form.errors)


@pytest.mark.parametrize(
    ("currency", "price", "amount"),
    [("EUR", "19.90", 1990), ("JPY", "1990", 1990), ("EUR", "", None)],
)
def test_item__priced_in_the_sites_currency__is_stored_in_minor_units(
    currency: str, price: str, amount: int | None
) -> None:
    site = a_site(currency=currency)
    client = signed_in(superuser())

    answer = client.post("/admin/recommenders/item/add/", ITEM | {"site": site.pk, "price": price})

    assert answer.status_code == 302
    assert Item.objects.get().price == amount
    assert CatalogueVersion.objects.get(site=site).version >= 1


def test_item__opened_and_saved_unchanged__keeps_its_price() -> None:
    site = a_site()
    stocked(site, 1)
    item = Item.objects.get()
    client = signed_in(superuser())

    form = client.get(f"/admin/recommenders/item/{item.pk}/change/").context["adminform"].form
    shown = form["price"].value()
    client.post(f"/admin/recommenders/item/{item.pk}/change/", ITEM | {"price": str(shown)})

    assert str(shown) == "5.00"
    item.refresh_from_db()
    assert (item.price, item.item_id, item.title) == (500, "sku-0", "Lamp")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"price": "19.905"}, "EUR has 2 decimals"),
        ({"price": "-1"}, "greater than or equal to 0"),
        ({"price": "NaN"}, "Enter a number"),
        ({"price": "1e30"}, "no more than 20 digits"),
        ({"price": "999999999999999"}, "At most"),
        ({"price": "1e-999999999"}, ""),
        ({"stock": str(10**30)}, "less than or equal to"),
        ({"tags": '{"a": 1}'}, "Write a list of words"),
        ({"tags": "[1]"}, "Write a list of words"),
        ({"markets": '["Germany"]'}, "Write a list of countries"),
        ({"markets": '"DE"'}, "Write a list of countries"),
        ({"item_id": "a\0"}, "Null characters"),
        ({"site": "99"}, "Select a valid choice"),
    ],
)
def test_item__bad_input__is_a_form_error(changed: dict[str, Any], expected: str) -> None:
    site = a_site()
    client = signed_in(superuser())

    answer = client.post("/admin/recommenders/item/add/", ITEM | {"site": site.pk} | changed)

    assert answer.status_code == 200
    assert expected in errors(answer)
    assert not Item.objects.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{", "no valid JSON"), ("[]", ""), ("[1]", "Write an object"), ('{"magic": 1}', "magic")],
)
def test_recommender__settings__are_checked(text: str, expected: str) -> None:
    site = a_site()
    client = signed_in(superuser())
    fields = {"site": site.pk, "key": "mine", "algorithm": "popularity", "settings": text}

    answer = client.post("/admin/recommenders/recommender/add/", fields)

    if expected:
        assert expected in errors(answer)
    assert Recommender.objects.filter(key="mine").exists() is (not expected)


def test_training__asked__waits_for_the_post_and_queues_one(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    recommender = _recommender()
    client = signed_in(superuser())
    url = f"/admin/recommenders/recommender/{recommender.pk}/step/train/"

    asked = client.get(url)
    before = Artifact.objects.count()
    with django_capture_on_commit_callbacks() as callbacks:
        client.post(url)

    assert "Train popularity on everything Shop has sent so far?" in asked.content.decode()
    assert before == 0
    assert Artifact.objects.get().status == "queued"
    assert len(callbacks) >= 1, "the worker is told once the row is committed"


def test_training__of_a_selection__queues_each_and_needs_the_permission(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    recommender = _recommender()
    data = {"action": "train", "_selected_action": [recommender.pk]}
    reader = signed_in(member(recommender.site, "editor"))
    chief = signed_in(superuser())

    reader.post("/admin/recommenders/recommender/", data)
    refused = Artifact.objects.count()
    with django_capture_on_commit_callbacks() as callbacks:
        chief.post("/admin/recommenders/recommender/", data)

    assert refused == 0
    assert Artifact.objects.get().recommender == recommender
    assert len(callbacks) >= 1


def test_promotion__asked_and_posted__makes_the_champion() -> None:
    site = a_site()
    stocked(site, 5)
    old, new = trained(site, "popularity", "popularity")
    Recommender.objects.filter(pk=old.recommender_id).update(champion=old)
    client = signed_in(superuser())
    url = f"/admin/recommenders/artifact/{new.pk}/step/promote/"

    client.get(url)
    before = Recommender.objects.get(pk=old.recommender_id).champion
    unreasoned = client.post(url)
    client.post(url, {"reason": "it is newer"})

    assert unreasoned.status_code == 200
    assert before == old
    assert Recommender.objects.get(pk=old.recommender_id).champion == new


def test_promotion__of_what_is_not_ready__is_refused_with_the_reason() -> None:
    site = a_site()
    artifact = request_training(site=site, key="popularity")
    client = signed_in(superuser())

    answer = client.post(
        f"/admin/recommenders/artifact/{artifact.pk}/step/promote/", {"reason": "now"}, follow=True
    )

    assert "is queued, not ready" in answer.content.decode()
    assert Recommender.objects.get(pk=artifact.recommender_id).champion is None


@pytest.mark.parametrize("step", ["artifact/{}/step/promote/", "recommender/{}/step/train/"])
def test_step__of_an_editor__is_refused(step: str) -> None:
    site = a_site()
    stocked(site, 5)
    (artifact,) = trained(site, "popularity")
    client = signed_in(member(site, "editor"))
    pk = artifact.pk if step.startswith("artifact") else artifact.recommender_id

    answer = client.post(f"/admin/recommenders/{step.format(pk)}")

    assert answer.status_code == 403
    assert Artifact.objects.count() == 1


def _recommender() -> Recommender:
    site = a_site()
    stocked(site, 3)
    return Recommender.objects.get(site=site, key="popularity")
