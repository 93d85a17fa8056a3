"""What people change by form is on record: who, what it was, what it is."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from experiments.keys import create_api_key
from experiments.models import ApiKey, Change, Experiment, Holdout, Layer, Placement, Site
from recommenders.models import Recommender
from tests.experiments.admin.forms import signed_in
from tests.factories import a_site, draft_experiment, member, stocked, trained

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def ada(site: Site) -> Client:
    return signed_in(member(site, "admin", "ada"))


def posted(client: Client, path: str, **fields: Any) -> Any:
    """Post a form; fails when it comes back with errors."""
    answer = client.post(f"/admin/{path}/", fields)
    form = (answer.context or {}).get("adminform") if answer.status_code == 200 else None
    assert form is None, form.errors
    assert answer.status_code in {200, 302}, answer.content
    return answer


def told() -> tuple[str, str, str]:
    """Return subject, action and actor of the newest change."""
    change = Change.objects.latest("id")
    return change.subject, change.action, change.actor


def test_site__that_drops_the_approval__tells_who_dropped_it(site: Site, ada: Client) -> None:
    Site.objects.update(requires_approval=True)
    values = {
        "name": "Shop", "currency": "EUR", "timezone": "UTC", "allowed_origins": "[]",
        "exposure_mode": site.exposure_mode, "outlier_events": 2000, "internal_networks": "[]",
    }  # fmt: skip

    posted(ada, f"experiments/site/{site.pk}/change", **values)

    change = Change.objects.latest("id")
    assert told() == ("site shop", "edit", "ada")
    assert change.before["requires_approval"] is True
    assert change.after["requires_approval"] is False


def test_layer__made_renamed_and_deleted__is_told_each_time(site: Site, ada: Client) -> None:
    posted(ada, "experiments/layer/add", site=site.pk, name="Mine", key="mine")
    layer = Layer.objects.get(key="mine")
    assert told() == ("layer mine", "create", "ada")
    assert Change.objects.latest("id").after["seed"] == layer.seed

    posted(ada, f"experiments/layer/{layer.pk}/change", name="Yours")
    assert told() == ("layer mine", "edit", "ada")
    change = Change.objects.latest("id")
    assert (change.before, change.after) == ({"name": "Mine"}, {"name": "Yours"})

    posted(ada, f"experiments/layer/{layer.pk}/delete", post="yes")
    assert told() == ("layer mine", "delete", "ada")
    assert Change.objects.latest("id").before["name"] == "Yours"


def test_placement__with_another_default__tells_both(site: Site, ada: Client) -> None:
    stocked(site)
    trained(site, "random")
    home = Placement.objects.get(site=site, key="home")

    posted(ada, f"experiments/placement/{home.pk}/change", name=home.name, layer=home.layer_id,
           recommender="random")  # fmt: skip

    change = Change.objects.latest("id")
    assert told() == ("placement home", "edit", "ada")
    assert change.before == {"parameters": {"recommender": "popularity"}}
    assert change.after["parameters"]["recommender"] == "random"


def test_form__saved_unchanged__tells_nothing(site: Site, ada: Client) -> None:
    layer = Layer.objects.get(site=site, key="home")

    posted(ada, f"experiments/layer/{layer.pk}/change", name=layer.name)

    assert not Change.objects.exists()


def test_key__made_and_revoked__is_told_without_its_secret(site: Site, ada: Client) -> None:
    posted(ada, "experiments/apikey/add", site=site.pk, name="app", kind="secret", scopes="events")
    assert told() == ("API key app", "create", "ada")
    change = Change.objects.latest("id")
    assert change.after["scopes"] == ["events"]
    assert ApiKey.objects.get().digest not in str(change.after)

    posted(ada, f"experiments/apikey/{ApiKey.objects.get().pk}/step/revoke", reason="it leaked")
    assert told() == ("API key app", "revoke", "ada")
    assert Change.objects.latest("id").reason == "it leaked"


def test_key__revoked_twice__is_told_once(site: Site, ada: Client) -> None:
    key, _secret = create_api_key(site=site, name="app")
    for _ in range(2):
        posted(ada, f"experiments/apikey/{key.pk}/step/revoke", reason="it leaked")

    assert Change.objects.filter(action="revoke").count() == 1


def test_draft__deleted__is_told_after_it_is_gone(site: Site, ada: Client) -> None:
    experiment = draft_experiment(site)

    posted(ada, f"experiments/experiment/{experiment.pk}/delete", post="yes")

    assert not Experiment.objects.exists()
    change = Change.objects.latest("id")
    assert (told(), change.experiment) == (("experiment home-test", "delete", "ada"), None)


def test_champion__made_by_hand__is_told_with_the_one_before(site: Site, ada: Client) -> None:
    stocked(site)
    old, new = (trained(site, "popularity")[0] for _ in range(2))

    ada.post(
        reverse("recommenders:registry-promote", args=["shop", "popularity", "champion", old.pk]),
        {"reason": "the newer one misses half of the shelf", "override": "on"},
    )

    change = Change.objects.latest("id")
    assert told() == ("recommender popularity", "promote", "ada")
    assert (change.before, change.after) == (
        {"champion": new.full_name}, {"champion": old.full_name},
    )  # fmt: skip
    assert Recommender.objects.get(site=site, key="popularity").champion == old


def test_holdout__of_a_layer__is_made_with_a_seed_and_told(site: Site, ada: Client) -> None:
    layer = Layer.objects.get(site=site, key="home")

    posted(ada, "experiments/holdout/add", site=site.pk, name="Never", key="never", buckets=500,
           layers=layer.pk)  # fmt: skip

    holdout = Holdout.objects.get()
    assert holdout.seed.startswith("shop-never:")
    assert list(holdout.layers.all()) == [layer]
    assert told() == ("holdout never", "create", "ada")
    change = Change.objects.latest("id")
    assert (change.after["buckets"], change.after["layers"]) == (500, ["home"])


def test_holdout__with_a_layer_of_another_site__is_refused(site: Site, ada: Client) -> None:
    foreign = Layer.objects.get(site=a_site("other"), key="home")
    member(foreign.site, "admin", "ada")

    fields = {"site": site.pk, "name": "Never", "key": "never", "buckets": 500}
    answer = ada.post("/admin/experiments/holdout/add/", fields | {"layers": foreign.pk})

    assert "layers" in answer.context["adminform"].form.errors
    assert not Holdout.objects.exists()


def test_layer__of_a_holdout__is_not_deleted_under_it(site: Site, ada: Client) -> None:
    layer = Layer.objects.create(site=site, key="mine", name="Mine", seed="mine")
    holdout = Holdout.objects.create(site=site, key="h", name="H", seed="h", buckets=500)
    holdout.layers.add(layer)

    answer = ada.post(f"/admin/experiments/layer/{layer.pk}/delete/", {"post": "yes"})

    assert answer.status_code == 403
    assert list(holdout.layers.all()) == [layer]
