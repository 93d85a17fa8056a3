"""How a site stores ids: chosen in the admin before the first visit, and never again."""

import pytest

from experiments.models import Site
from experiments.subjects.switching import ids_are_fixed
from tests.experiments.admin.forms import signed_in
from tests.experiments.drain.waiting import a_slate, an_event, apply_all, put_events, put_slates
from tests.factories import a_site, member

pytestmark = pytest.mark.django_db


def switch(site: Site, value: str) -> bool:
    """Post the site's form with hashed ids on or off; return what holds then."""
    client = signed_in(member(site, "admin", "ada"))
    page = f"/admin/experiments/site/{site.pk}/change/"
    form = client.get(page).context["adminform"].form
    posted = {name: each for name, each in form.initial.items() if each not in (None, False)}
    lists = {"allowed_origins": "[]", "internal_networks": "[]"}
    answer = client.post(page, posted | lists | ({"hash_ids": "on"} if value == "on" else {}))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    site.refresh_from_db()
    return site.hash_ids


def test_hashed_ids__before_the_first_visit__can_be_chosen_and_not_undone() -> None:
    site = a_site()

    assert switch(site, "on")
    assert ids_are_fixed(site)
    assert Site.objects.get().hash_ids


def test_hashed_ids__once_something_waits__cannot_be_chosen() -> None:
    site = a_site()
    put_events(site, an_event())

    assert not switch(site, "on")


def test_hashed_ids__beside_rows_with_raw_ones__cannot_be_chosen() -> None:
    site, other = a_site(), a_site("other")
    put_slates(a_slate(site))
    apply_all()

    assert not switch(site, "on")
    assert (ids_are_fixed(site), ids_are_fixed(other)) == (True, False)
