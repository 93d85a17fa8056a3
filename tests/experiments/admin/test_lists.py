"""Every list and page: opens, escapes, asks a fixed number of queries, takes bad addresses."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.experiments.admin.filled import filled_site, record_all
from tests.experiments.admin.forms import signed_in, superuser
from tests.factories import a_site, draft_experiment, member

pytestmark = pytest.mark.django_db

MODELS = sorted(f"{m._meta.app_label}/{m._meta.model_name}" for m in admin.site._registry)


def assert_harmless(page: str) -> None:
    """Assert that nothing of the hostile names is markup."""
    assert "<script>alert(" not in page
    assert "&amp;lt;" not in page, "escaped twice"


@pytest.mark.parametrize("model", MODELS)
def test_list__of_hostile_names__is_escaped(model: str) -> None:
    filled_site("shop")
    client = signed_in(superuser())

    answer = client.get(f"/admin/{model}/")

    assert answer.status_code == 200
    assert_harmless(answer.content.decode())


@pytest.mark.parametrize("model", MODELS)
def test_page__of_a_hostile_row__is_escaped(model: str) -> None:
    filled_site("shop")
    client = signed_in(superuser())
    app_label, name = model.split("/")
    rows = next(m for m in admin.site._registry if m._meta.label_lower == f"{app_label}.{name}")

    for row in rows._default_manager.all()[:3]:
        answer = client.get(f"/admin/{model}/{row.pk}/change/", follow=True)
        assert answer.status_code == 200
        assert_harmless(answer.content.decode())


@pytest.mark.parametrize("model", MODELS)
def test_list__with_twice_the_rows__asks_no_more_queries(model: str) -> None:
    filled_site("one")
    client = signed_in(superuser())
    client.get(f"/admin/{model}/")

    def queries() -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(f"/admin/{model}/").status_code == 200
        return [each["sql"] for each in captured]

    few = queries()
    filled_site("two", "JPY")
    many = queries()

    assert len(many) <= len(few), "\n".join(many)


def test_pages__without_csp_exceptions__ask_nobody_else() -> None:
    filled_site("shop")
    client = signed_in(superuser())

    answer = client.get("/admin/")

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


@pytest.mark.parametrize(
    "query",
    ["q=%00", "p=99999", "p=abc", "o=99.-99", "site__id__exact=abc", "e=1", "nonsense=1", "all="],
)
@pytest.mark.parametrize(
    "model", ["experiments/experiment", "experiments/event", "recommenders/item"]
)
def test_list__with_a_bad_query__answers(model: str, query: str) -> None:
    filled_site("shop")
    client = signed_in(superuser())

    answer = client.get(f"/admin/{model}/?{query}")

    assert answer.status_code in (200, 302)


def test_money__of_events_and_items__is_shown_in_the_sites_currency() -> None:
    filled_site("euro", "EUR")
    filled_site("yen", "JPY")
    client = signed_in(superuser())

    events = client.get("/admin/experiments/event/").content.decode()
    items = client.get("/admin/recommenders/item/").content.decode()

    assert "1,234.56\xa0EUR" in events
    assert "123,456\xa0JPY" in events
    assert "5.00\xa0EUR" in items
    assert "500\xa0JPY" in items


@pytest.mark.parametrize("model", ["event", "slate", "exposure", "inboxbatch", "quarantine"])
def test_record__of_what_happened__cannot_be_added_changed_or_deleted(model: str) -> None:
    filled_site("shop")
    client = signed_in(superuser())
    row = next(m for m in admin.site._registry if m._meta.model_name == model)
    pk = row._default_manager.values_list("pk", flat=True)[0]
    before = row._default_manager.values().get(pk=pk)

    add = client.post(f"/admin/experiments/{model}/add/", {})
    change = client.post(f"/admin/experiments/{model}/{pk}/change/", {"visitor_id": "x"})
    delete = client.post(f"/admin/experiments/{model}/{pk}/delete/", {"post": "yes"})

    assert [answer.status_code for answer in (add, change, delete)] == [403, 403, 403]
    assert row._default_manager.values().get(pk=pk) == before


def test_menu__of_a_product_manager__shows_what_they_may_see() -> None:
    client = signed_in(member(a_site(), "editor"))

    menu: Any = client.get("/admin/").context["sidebar_navigation"]

    titles = {item["title"] for group in menu for item in group["items"]}
    assert titles >= {"Overview", "Reports", "Experiments", "Items", "Metrics", "Sites"}
    assert not titles & {"Accounts", "Roles", "Groups", "Failed sign-ins"}


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/admin/", ["Overview"]),
        ("/admin/experiments/experiment/subjects/", ["Subjects"]),
        ("/admin/experiments/event/received/", ["Events, live"]),
        ("/admin/experiments/site/add/", ["Sites"]),
        ("/admin/password_change/", []),
    ],
)
def test_menu__on_a_page__marks_the_nearest_entry_alone(path: str, current: list[str]) -> None:
    page: Any = signed_in(superuser()).get(path).context

    items = [item for group in page["sidebar_navigation"] for item in group["items"]]
    assert [item["title"] for item in items if item["active"]] == current


def test_overview__of_a_superuser__shows_open_experiments_and_refused_events() -> None:
    site = a_site()
    experiment = draft_experiment(site)
    record_all(site, experiment, 1)
    client = signed_in(superuser())

    page = client.get("/admin/").content.decode()

    assert "New experiment" in page
    assert "Home Test" in page
    assert "1 in the last seven days" in page


def test_overview__of_another_site__shows_no_experiment() -> None:
    draft_experiment(a_site())
    client = signed_in(member(a_site("other"), "viewer"))

    page = client.get("/admin/").content.decode()

    assert "Home Test" not in page
    assert "New experiment" not in page
