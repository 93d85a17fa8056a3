"""Sites, layers, placements, keys, people: written once stays, secret is shown once."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User

from experiments.keys import create_api_key, digest_of
from experiments.models import ApiKey, Layer, Placement, Site
from tests.experiments.admin.forms import BACKEND, signed_in, superuser
from tests.factories import a_site, draft_experiment, member, stocked

pytestmark = pytest.mark.django_db

SITE = {
    "name": "Juniper & Oak",
    "slug": "juniper",
    "currency": "eur",
    "timezone": "Europe/Berlin",
    "allowed_origins": '["https://juniper.example"]',
    "exposure_mode": "auto",
    "outlier_events": "2000",
    "internal_networks": '["192.0.2.0/24"]',
}


def errors(answer: Any) -> str:
    """Return the form's errors."""
    return str(answer.context["adminform"].form.errors)


def test_site__created__is_equipped_with_all_an_experiment_needs() -> None:
    client = signed_in(superuser())

    client.post("/admin/experiments/site/add/", SITE)

    site = Site.objects.get()
    assert (site.currency, site.timezone) == ("EUR", "Europe/Berlin")
    assert {placement.key for placement in site.placements.all()} == {"home", "product", "cart"}
    assert site.metrics.exists()
    assert site.recommenders.filter(key="popularity").exists()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"currency": "€€€"}, "three letters"),
        ({"currency": "EU"}, "three letters"),
        ({"timezone": "Berlin"}, "no time zone"),
        ({"timezone": "../etc/passwd"}, "no time zone"),
        ({"allowed_origins": "https://x.example"}, "no valid JSON"),
        ({"allowed_origins": '["https://x.example/path"]'}, "Write a list like"),
        ({"allowed_origins": '["javascript://x"]'}, "Write a list like"),
        ({"allowed_origins": '{"a": 1}'}, "Write a list like"),
        ({"allowed_origins": "[1]"}, "Write a list like"),
        ({"internal_networks": '["office"]'}, "is no network"),
        ({"retention_days": "13"}, "Keep at least 14 days"),
        ({"outlier_events": "-1"}, "greater than or equal to 0"),
        ({"slug": "a b"}, "valid “slug”"),
    ],
)
def test_site__bad_input__is_a_form_error(changed: dict[str, str], expected: str) -> None:
    client = signed_in(superuser())

    answer = client.post("/admin/experiments/site/add/", SITE | changed)

    assert answer.status_code == 200
    assert expected in errors(answer)
    assert not Site.objects.exists()


def test_site__days_to_keep__are_saved_and_explained() -> None:
    client = signed_in(superuser())

    client.post("/admin/experiments/site/add/", SITE | {"retention_days": "400"})

    site = Site.objects.get()
    assert site.retention_days == 400
    page = client.get(f"/admin/experiments/site/{site.pk}/change/").content.decode()
    assert "reports of ended experiments stay as they are" in page


def test_site__with_a_catalogue__keeps_currency_zone_and_clock() -> None:
    site = a_site()
    stocked(site, 1)
    client = signed_in(superuser())

    changed = SITE | {"currency": "USD", "is_simulated": "on"}
    client.post(f"/admin/experiments/site/{site.pk}/change/", changed)

    site.refresh_from_db()
    assert (site.name, site.currency, site.timezone) == ("Juniper & Oak", "EUR", "UTC")
    assert (site.slug, site.is_simulated) == ("shop", False)


def test_layer__created_and_renamed__keeps_its_first_seed_and_key() -> None:
    site = a_site()
    client = signed_in(superuser())
    client.post(
        "/admin/experiments/layer/add/", {"site": site.pk, "name": "Search", "key": "search"}
    )
    layer = Layer.objects.get(key="search")

    changed = {"site": a_site("other").pk, "name": "Find", "key": "find", "seed": "mine"}
    client.post(f"/admin/experiments/layer/{layer.pk}/change/", changed)

    after = Layer.objects.get(pk=layer.pk)
    assert layer.seed.startswith("shop-search:")
    assert (after.name, after.key, after.seed, after.site) == ("Find", "search", layer.seed, site)


def test_placement__layer_or_recommender_of_another_site__is_refused() -> None:
    site, other = a_site(), a_site("other")
    other.recommenders.create(key="theirs", algorithm="popularity")
    layer = other.layers.get(key="home")
    client = signed_in(superuser())
    fields = {"site": site.pk, "name": "Search", "key": "search", "layer": layer.pk}

    answer = client.post("/admin/experiments/placement/add/", fields | {"recommender": "theirs"})

    assert "This layer belongs to Other, not Shop." in errors(answer)
    assert "Shop has no &#x27;theirs&#x27;" in errors(answer)
    assert Placement.objects.count() == 6


def test_placement__with_an_experiment__keeps_its_layer_and_changes_its_default() -> None:
    site = a_site()
    placement = site.placements.get(key="home")
    draft_experiment(site)
    client = signed_in(superuser())
    fields = {"name": "Start", "layer": site.layers.get(key="cart").pk, "recommender": "random"}

    client.post(f"/admin/experiments/placement/{placement.pk}/change/", fields)

    after = Placement.objects.get(pk=placement.pk)
    assert (after.name, after.layer_id) == ("Start", placement.layer_id)
    assert after.parameters == {"recommender": "random"}


@pytest.mark.parametrize(("kind", "prefix"), [("secret", "sk_"), ("publishable", "pk_")])
def test_key__created__is_shown_in_this_answer_and_never_again(kind: str, prefix: str) -> None:
    site = a_site()
    client = signed_in(superuser())
    fields = {"site": site.pk, "name": "shop", "kind": kind, "scopes": ["recommend", "events"]}

    answer = client.post("/admin/experiments/apikey/add/", fields)

    key = ApiKey.objects.get()
    shown = re.findall(prefix + r"[\w-]{30,}", answer.content.decode())
    assert [digest_of(secret) for secret in shown] == [key.digest]
    assert "no-store" in answer.headers["Cache-Control"]
    for address in ("", f"{key.pk}/change/", f"{key.pk}/history/"):
        again = client.get(f"/admin/experiments/apikey/{address}")
        assert shown[0] not in again.content.decode()
    stored = [str(row) for row in ApiKey.objects.values()] + [str(dict(client.session))]
    assert not [text for text in stored if shown[0] in text]


def test_key__secret_without_scopes__is_refused() -> None:
    site = a_site()
    client = signed_in(superuser())

    answer = client.post(
        "/admin/experiments/apikey/add/", {"site": site.pk, "name": "shop", "kind": "secret"}
    )

    assert "Choose what the key may do." in errors(answer)


def test_key__revoked__is_asked_first_and_keeps_its_row() -> None:
    key, _secret = create_api_key(site=a_site(), name="shop")
    client = signed_in(superuser())
    url = f"/admin/experiments/apikey/{key.pk}/step/revoke/"

    asked = client.get(url)
    key.refresh_from_db()
    before = key.revoked_at
    client.post(url, {"reason": "leaked"})

    key.refresh_from_db()
    assert "is refused within five seconds" in asked.content.decode()
    assert before is None
    assert key.revoked_at is not None
    assert client.post(f"/admin/experiments/apikey/{key.pk}/delete/").status_code == 403


def test_key__revoked_by_a_reader__is_refused() -> None:
    site = a_site()
    key, _secret = create_api_key(site=site, name="shop")
    client = signed_in(member(site, "viewer"))

    answer = client.post(f"/admin/experiments/apikey/{key.pk}/step/revoke/", {"reason": "x"})

    key.refresh_from_db()
    assert answer.status_code == 403
    assert key.revoked_at is None


def test_signing_in__to_the_admin__is_guarded_and_works() -> None:
    User.objects.create_superuser("ada", password="a long password of hers")
    client = signed_in(member(a_site(), "viewer"))
    client.logout()

    client.post(
        "/admin/login/?next=/admin/", {"username": "ada", "password": "a long password of hers"}
    )

    assert client.session["_auth_user_backend"] == BACKEND
