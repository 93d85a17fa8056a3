"""The page of subjects: admins of a site look, download, erase and lift; nobody else does."""

import json
from typing import Any

import pytest
from django.test import Client

from experiments.models import Change, Erasure
from experiments.roles import Role
from tests.experiments.admin.forms import signed_in
from tests.experiments.subjects.marked import MARK, Shop, a_purchase, a_shop, apply_everything
from tests.factories import a_site, member

pytestmark = pytest.mark.django_db

PAGE = "/admin/experiments/experiment/subjects/"


@pytest.fixture
def shop() -> Shop:
    shop = a_shop()
    shop.send(a_purchase(MARK))
    apply_everything()
    return shop


def admin_of(shop: Shop) -> Client:
    return signed_in(member(shop.site, "admin", "ada"))


def asked(shop: Shop, do: str, **more: str) -> dict[str, Any]:
    return {"site": shop.site.pk, "unit_type": "visitor", "unit_id": MARK, "do": do, **more}


def test_visitor__looked_up__shows_what_is_held_and_no_address_with_the_id(shop: Shop) -> None:
    page = admin_of(shop).post(PAGE, asked(shop, "look"))

    assert dict(page.context["counts"]) == {"events": 1, "links": 1, "sessions": 1}
    assert f"?unit_id={MARK}" not in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]


def test_visitor__unknown__says_that_nothing_is_held(shop: Shop) -> None:
    page = admin_of(shop).post(PAGE, asked(shop, "look") | {"unit_id": "nobody"})

    assert "Nothing is held on this visitor" in page.content.decode()


def test_document__downloaded__is_one_json_and_on_record(shop: Shop) -> None:
    answer: Any = admin_of(shop).post(PAGE, asked(shop, "download"))

    document = json.loads(b"".join(answer.streaming_content))
    assert document["counts"]["events"] == 1
    assert MARK not in answer.headers["Content-Disposition"]
    assert Change.objects.get(action="access").actor == "ada"


def test_visitor__erased_without_the_id_written_again__stays(shop: Shop) -> None:
    page = admin_of(shop).post(PAGE, asked(shop, "erase", again="marker"))

    assert "Nothing was erased" in page.content.decode()
    assert not Erasure.objects.exists()


def test_visitor__erased__is_listed_without_its_id(shop: Shop) -> None:
    page = admin_of(shop).post(PAGE, asked(shop, "erase", again=MARK), follow=True)

    erasure = Erasure.objects.get()
    assert erasure.actor == "ada"
    assert erasure.digest[:12] in page.content.decode()
    assert MARK not in page.content.decode()


@pytest.mark.parametrize("do", ["look", "download", "erase"])
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_site__of_ones_own__hands_out_and_erases_nothing_for(
    shop: Shop, role: Role, do: str
) -> None:
    page = signed_in(member(shop.site, role)).post(PAGE, asked(shop, do, again=MARK))

    assert "site" in page.context["form"].errors
    assert "subject" not in page.context
    assert not Erasure.objects.exists()


def test_erasure__of_another_site__is_neither_listed_nor_lifted(shop: Shop) -> None:
    admin_of(shop).post(PAGE, asked(shop, "erase", again=MARK))
    stranger = signed_in(member(a_site("other"), "admin", "eve"))

    assert stranger.get(PAGE).context["erasures"] == []
    lifted = stranger.post(
        PAGE, {"do": "lift", "erasure": Erasure.objects.get().pk, "reason": "mine"}
    )
    assert lifted.status_code == 404
    assert Erasure.objects.exists()


@pytest.mark.parametrize(("reason", "stays"), [("", True), ("back", False)])
def test_erasure__finished__is_lifted_with_a_reason(shop: Shop, reason: str, stays: bool) -> None:
    client = admin_of(shop)
    client.post(PAGE, asked(shop, "erase", again=MARK))
    erasure = Erasure.objects.get()
    Erasure.objects.update(finished_at=erasure.asked_at, removed={})

    client.post(PAGE, {"do": "lift", "erasure": erasure.pk, "reason": reason})

    assert Erasure.objects.exists() == stays
    assert Change.objects.filter(action="lift erasure", reason=reason).exists() != stays
