"""Pages about several experiments: the list, its views, layers, one unit, the library, the home."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from experiments import services
from experiments.models import Experiment, Holdout, SavedView, Site
from tests.experiments.admin.filled import EVIL, filled_site
from tests.experiments.admin.forms import signed_in, superuser
from tests.experiments.web.lives import BASE, context_of, ramped
from tests.factories import a_site, draft_experiment, member

pytestmark = pytest.mark.django_db

PAGES = ("layers", "unit", "library", "views")


def text(client: Client, address: str) -> str:
    """Return a page that opens."""
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def decided(site: Site, key: str = "over", outcome: str = "lost") -> Experiment:
    """Return a decided experiment."""
    experiment = ramped(site, key)
    services.end_experiment(experiment_id=experiment.pk, actor="ines", reason="done")
    services.record_decision(
        experiment_id=experiment.pk,
        outcome=outcome,
        reason="Fewer bought.",
        user=None,
        actor="ines",
        follow_up="Ask again in spring.",
    )
    return experiment


def names(client: Client, query: str) -> set[str]:
    """Return the keys of the experiments that the list shows."""
    rows: Any = context_of(client.get(f"{BASE}/?{query}", follow=True))["rows"]
    return {row.key for row in rows}


def test_list__filtered__shows_what_fits() -> None:
    site = a_site()
    owner = User.objects.create_user("otto")
    decided(site)
    draft_experiment(site, "a-draft", allocation=1_000, owner=owner)
    client = signed_in(superuser())
    placement = site.placements.get(key="home")

    assert names(client, "") == {"over", "a-draft"}
    assert names(client, "status__exact=draft") == {"a-draft"}
    assert names(client, "outcome=lost") == {"over"}
    assert names(client, "outcome=undecided") == set()
    assert names(client, f"owner__id__exact={owner.pk}") == {"a-draft"}
    assert names(client, f"placement__id__exact={placement.pk}") == {"over", "a-draft"}
    assert names(client, "q=draft") == {"a-draft"}


def test_list__with_empty_fields_of_its_form__leaves_them_out_of_the_address() -> None:
    client = signed_in(superuser())

    answer = client.get(f"{BASE}/?q=&status__exact=draft&outcome=")

    assert answer.headers["Location"] == f"{BASE}/?status__exact=draft"


@pytest.mark.parametrize(
    "query", ["outcome=evil", "owner__id__exact=abc", "p=-1", "q=%00", "status__exact=%3Cscript"]
)
def test_list__with_a_bad_filter__answers(query: str) -> None:
    client = signed_in(superuser())

    assert client.get(f"{BASE}/?{query}", follow=True).status_code == 200


def test_view__kept_under_a_name__opens_the_same_rows_and_is_ones_own() -> None:
    site = a_site()
    draft_experiment(site, "a-draft", allocation=1_000)
    client = signed_in(member(site, "viewer", "vera"))
    data = {"name": "Drafts", "query": "status__exact=draft&p=3&evil=1"}

    client.post(f"{BASE}/views/", data)
    client.post(f"{BASE}/views/", data | {"query": "status__exact=running"})
    client.post(f"{BASE}/views/", data)

    kept = SavedView.objects.get()
    assert (kept.user.username, kept.query) == ("vera", "status__exact=draft")
    assert ">Drafts</a>" in text(client, f"{BASE}/")
    assert ">Drafts</a>" not in text(signed_in(superuser()), f"{BASE}/")


@pytest.mark.parametrize(
    "data",
    [
        {"name": "", "query": "q=a"},
        {"name": "x" * 61, "query": "q=a"},
        {"name": "x", "query": ""},
        {"name": "x", "query": "evil=1"},
        {"name": "\x00", "query": "q=a"},
        {"name": "x", "query": "q=" + "a" * 5_000},
        {},
    ],
)
def test_view__of_bad_values__is_not_kept(data: dict[str, str]) -> None:
    client = signed_in(superuser())

    assert client.post(f"{BASE}/views/", data, follow=True).status_code == 200
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("asked", ["", "abc", "9" * 40, "{other}"])
def test_view__taken_away__is_ones_own_alone(asked: str) -> None:
    other = SavedView.objects.create(user=User.objects.create_user("o"), name="x", query="q=a")
    client = signed_in(superuser())

    client.post(f"{BASE}/views/", {"remove": asked.format(other=other.pk)})

    assert SavedView.objects.count() == 1


def test_layers__with_owners_drafts_and_holdouts__name_them() -> None:
    site = a_site()
    ramped(site, "runs")
    draft_experiment(site, "wishes", allocation=1_500)
    Holdout.objects.create(site=site, key="all", name="Everything", seed="h", buckets=500)

    page = text(signed_in(member(site, "viewer")), f"{BASE}/layers/")

    assert "runs: 2.5 %, from 0 to 2.5" in page
    assert "runs, kept: 47.5 %, from 2.5 to 50" in page
    assert "free: 50 %, from 50 to 100" in page
    assert "Wishes" in page
    assert "(draft): 15 %" in page
    assert "Everything: 5 % of all units, in the whole site" in page


def test_unit__looked_up__is_told_in_or_out_with_every_step() -> None:
    site = a_site()
    experiment = ramped(site, percents=(100,))
    draft_experiment(site, "a-draft", allocation=1_000)
    client = signed_in(member(site, "viewer"))

    found = [
        context_of(client.get(f"{BASE}/unit/?site={site.pk}&visitor_id=v-{number}"))["answers"]
        for number in range(12)
    ]

    reasons = {each.reason for answers in found for each in answers}
    assert reasons == {"SPLIT", "NOT_IN_LAYER", "NOT_STARTED"}
    inside = next(answers for answers in found if answers[0].reason == "SPLIT")
    assert inside[0].name == experiment.name
    assert inside[0].variant in {"Control", "Treatment"}
    assert inside[0].steps[-1].verdict == "decided"


def test_unit__with_attributes_and_without_consent__is_told_why_not() -> None:
    site = a_site()
    experiment = ramped(site, percents=(100,))
    Experiment.objects.filter(pk=experiment.pk).update(eligibility={"country": "DE"})
    client = signed_in(member(site, "viewer"))
    ids = [number for number in range(30) if _in_layer(client, site, number)]
    address = f"{BASE}/unit/?site={site.pk}&visitor_id=v-{ids[0]}"

    german = context_of(client.get(address + '&attributes={"country":"DE"}'))["answers"][0]
    french = context_of(client.get(address + '&attributes={"country":"FR"}'))["answers"][0]
    silent = context_of(client.get(address + "&no_consent=on"))["answers"][0]

    assert german.reason == "SPLIT"
    assert french.reason == "NOT_ELIGIBLE"
    assert "country" in french.detail
    assert silent.reason == "NO_CONSENT"


def _in_layer(client: Client, site: Site, number: int) -> bool:
    answer = client.get(f"{BASE}/unit/?site={site.pk}&visitor_id=v-{number}")
    return bool(context_of(answer)["answers"][0].reason != "NOT_IN_LAYER")


@pytest.mark.parametrize(
    "query",
    [
        "visitor_id=",
        "site=999&visitor_id=v",
        "site={site}&visitor_id=v&attributes=[1]",
        "site={site}&visitor_id=v&attributes={{",
        "site={site}&visitor_id=%00",
        "site={site}&visitor_id=" + "v" * 300,
        "site=abc&visitor_id=v",
    ],
)
def test_unit__of_a_bad_question__is_told_what_is_wrong(query: str) -> None:
    site = a_site()
    client = signed_in(member(site, "viewer"))

    answer = client.get(f"{BASE}/unit/?{query.format(site=site.pk)}")

    assert answer.status_code == 200
    assert context_of(answer)["answers"] is None
    assert 'role="alert"' in answer.content.decode()


def test_library__searched__finds_the_lesson() -> None:
    site = a_site()
    decided(site)
    client = signed_in(member(site, "viewer"))

    assert "Ask again in spring." in text(client, f"{BASE}/library/?q=spring")
    assert "Nothing matches" in text(client, f"{BASE}/library/?q=nowhere")
    assert "Ask again" not in text(
        signed_in(member(a_site("other"), "viewer", "o")), f"{BASE}/library/"
    )


@pytest.mark.parametrize("page", PAGES)
def test_page__of_hostile_names__is_escaped(page: str) -> None:
    site = filled_site("shop")
    query = f"?site={site.pk}&visitor_id=v&q={EVIL}"

    shown = text(signed_in(superuser()), f"{BASE}/{page}/{query}")

    assert "<script>alert(" not in shown


@pytest.mark.parametrize("address", [f"{BASE}/layers/", f"{BASE}/library/", f"{BASE}/", "/admin/"])
def test_page__with_twice_the_experiments__asks_no_more_queries(address: str) -> None:
    client = signed_in(superuser())
    decided(a_site("one"))
    client.get(address)

    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return [each["sql"] for each in captured]

    few = queries()
    for slug in ("two", "three"):
        site = a_site(slug)
        decided(site)
        draft_experiment(site, "more", allocation=1_000)
    many = queries()

    assert len(many) <= len(few), "\n".join(many)


def test_home__with_notices_and_waiting_decisions__names_what_needs_somebody() -> None:
    site = a_site()
    experiment = ramped(site)
    services.end_experiment(experiment_id=experiment.pk, actor="ines", reason="done")
    notice = services.raise_notice(
        site=site, kind="x", title="Look here", onset_key="x:1", severity="alarm"
    )
    editor, viewer = member(site, "editor", "ines"), member(site, "viewer", "vera")

    seen_by_editor = text(signed_in(editor), "/admin/")
    seen_by_viewer = text(signed_in(viewer), "/admin/")
    services.see_notice(notice=notice, actor="ines")
    afterwards = text(signed_in(viewer), "/admin/")

    assert "Home Test waits for a decision" in seen_by_editor
    assert "Look here" in seen_by_editor
    assert "waits for a decision" not in seen_by_viewer
    assert "Look here" in seen_by_viewer
    assert "Look here" not in afterwards
