"""Forms, filters, searches and selections reach only what their person may."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from experiments.models import Layer, Placement, Site
from experiments.roles import Role
from recommenders.models import Artifact, Recommender
from tests.experiments.admin.forms import signed_in, superuser
from tests.factories import a_site, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine() -> Site:
    return a_site("mine")


@pytest.fixture
def other() -> Site:
    return a_site("other")


def chief(site: Site) -> Client:
    """Return the browser of a site's admin."""
    return signed_in(member(site, "admin", "ada"))


def choices(answer: Any, field: str) -> set[str]:
    """Return the sites of the rows that a field of the form offers."""
    rows = answer.context["adminform"].form.fields[field].queryset
    return {getattr(row, "site", row).slug for row in rows}


@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("experiments/layer", "site"),
        ("experiments/placement", "site"),
        ("experiments/placement", "layer"),
        ("experiments/apikey", "site"),
        ("experiments/webhook", "site"),
        ("recommenders/item", "site"),
        ("analytics/metric", "site"),
    ],
)
def test_choices__of_a_form__are_of_sites_where_one_may_do_it(
    mine: Site, other: Site, page: str, field: str
) -> None:
    seen = a_site("seen")
    client = chief(mine)
    member(seen, "viewer", "ada")

    assert choices(client.get(f"/admin/{page}/add/"), field) == {"mine"}
    everything = choices(signed_in(superuser("boss")).get(f"/admin/{page}/add/"), field)
    assert everything == {"mine", "other", "seen"}


def test_choice__of_another_site__posted_by_hand__is_refused(mine: Site, other: Site) -> None:
    layer = {"site": other.pk, "name": "Mine", "key": "mine-now"}

    answer = chief(mine).post("/admin/experiments/layer/add/", layer)

    assert "site" in answer.context["adminform"].form.errors
    assert not Layer.objects.filter(key="mine-now").exists()


def test_choices__of_two_people__are_each_their_own(mine: Site, other: Site) -> None:
    ada, eve = chief(mine), signed_in(member(other, "admin", "eve"))

    shown = [
        choices(client.get("/admin/experiments/placement/add/"), "layer")
        for client in (ada, eve, ada)
    ]

    assert shown == [{"mine"}, {"other"}, {"mine"}]


def test_filters__of_a_list__name_ones_own_sites_alone(mine: Site, other: Site) -> None:
    client = chief(mine)
    member(a_site("seen", name="Seen site"), "viewer", "ada")

    page = client.get("/admin/experiments/layer/").content.decode()

    assert "Seen site" in page
    assert "Other" not in page


@pytest.mark.parametrize("query", ["site__id__exact={pk}", "q=home&site__id__exact={pk}", "all="])
def test_list__asked_for_another_site__shows_none_of_it(
    mine: Site, other: Site, query: str
) -> None:
    answer = chief(mine).get(f"/admin/experiments/layer/?{query.format(pk=other.pk)}")

    assert not answer.context["cl"].queryset.filter(site=other).exists()


def test_recommenders__of_another_site__are_no_choice_for_a_placement(
    mine: Site, other: Site
) -> None:
    Recommender.objects.create(site=other, key="their-secret", algorithm="popularity")

    page = chief(mine).get("/admin/experiments/placement/add/").content.decode()

    assert "their-secret" not in page


def test_selection__over_two_sites__acts_where_one_may_and_says_what_was_left_out(
    mine: Site, other: Site
) -> None:
    client = chief(mine)
    member(other, "editor", "ada")
    chosen = Recommender.objects.filter(key="popularity").values_list("pk", flat=True)
    data = {"action": "train", "_selected_action": list(chosen)}

    page = client.post("/admin/recommenders/recommender/", data, follow=True).content.decode()

    assert [artifact.site for artifact in Artifact.objects.all()] == [mine]
    assert "1 of the rows were left out" in page


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_site__of_ones_own__is_not_managed_by(mine: Site, role: Role) -> None:
    client = signed_in(member(mine, role))
    placement = Placement.objects.filter(site=mine).earliest("pk")

    page = client.get(f"/admin/experiments/placement/{placement.pk}/change/").content.decode()

    assert 'name="_save"' not in page
    assert client.get("/admin/experiments/layer/add/").status_code == 403


def test_site__that_is_changed_by_its_admin__may_require_approval(mine: Site) -> None:
    client = chief(mine)
    form = client.get(f"/admin/experiments/site/{mine.pk}/change/").context["adminform"].form
    posted = {name: value for name, value in form.initial.items() if value not in (None, False)}

    client.post(
        f"/admin/experiments/site/{mine.pk}/change/",
        posted | {"requires_approval": "on", "allowed_origins": "[]"},
    )

    mine.refresh_from_db()
    assert mine.requires_approval


def test_accounts__of_other_sites__are_not_listed(mine: Site, other: Site) -> None:
    for name, site in (("sam", mine), ("eve", other), ("everywhere", None)):
        member(site, "viewer", name)
    User.objects.create_user("nobody")

    shown = chief(mine).get("/admin/auth/user/").context["cl"].queryset

    assert set(shown.values_list("username", flat=True)) == {"ada", "sam", "everywhere"}
