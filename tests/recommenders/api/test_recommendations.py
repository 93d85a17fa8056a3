"""`POST /api/v1/recommendations`: what is answered, recorded, and asked of the database."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from experiments.drain import drain_once
from experiments.intake import recorder
from experiments.models import ApiKey, Exposure, Slate
from tests.callers import Caller, caller_for, key_for
from tests.factories import a_site, running_experiment, stocked

pytestmark = pytest.mark.django_db


def apply_everything() -> None:
    recorder.buffer.flush()
    drain_once()


def test_list__of_a_running_experiment__agrees_with_the_assignment_and_is_recorded() -> None:
    site = a_site()
    running_experiment(site)
    caller = caller_for(site)
    unit = {"unit": {"visitor_id": "v-1"}}

    listed = caller.post("recommendations", unit | {"placement": "home", "k": 5}).json()
    [assigned] = caller.post("assignments", unit).json()["assignments"]
    apply_everything()

    assert listed["experiment"]["variant"] == assigned["variant"]
    assert listed["experiment"]["reason"] == assigned["reason"] == "SPLIT"
    assert [item["rank"] for item in listed["items"]] == [1, 2, 3, 4, 5]
    slate = Slate.objects.get()
    assert str(slate.request_id) == listed["request_id"]
    assert [i["item_id"] for i in slate.items] == [i["item_id"] for i in listed["items"]]
    assert Exposure.objects.get().unit_id == "v-1"


def test_assignment__asked_for__records_nothing() -> None:
    site = a_site()
    running_experiment(site)

    caller_for(site).post("assignments", {"unit": {"visitor_id": "v-1"}})
    apply_everything()

    assert not Slate.objects.exists()
    assert not Exposure.objects.exists()


@pytest.mark.parametrize("missing", ["personalization", "analytics"])
def test_list__without_a_consent__is_in_no_experiment(missing: str) -> None:
    site = a_site()
    running_experiment(site)
    caller = caller_for(site)
    body = {"unit": {"visitor_id": "v-1"}, "placement": "home", "consent": {missing: False}}

    listed = caller.post("recommendations", body).json()
    [assigned] = caller.post("assignments", body).json()["assignments"]
    apply_everything()

    assert listed["experiment"]["reason"] == assigned["reason"] == "NO_CONSENT"
    assert listed["experiment"]["in_experiment"] is assigned["in_experiment"] is False
    assert listed["recommender"]["name"] == "popularity"
    assert not Exposure.objects.exists()
    assert Slate.objects.exists() == (missing != "analytics")


def test_list__without_consent_to_analytics__leaves_no_row_and_no_token() -> None:
    site = a_site()
    running_experiment(site)
    body = {"unit": {"visitor_id": "v-1"}, "placement": "home", "consent": {"analytics": False}}

    answer = caller_for(site).post("recommendations", body).json()
    apply_everything()

    assert answer["exposure"] == {"recorded": "none", "token": None}
    assert not Slate.objects.exists()


def test_list__asked_for__queries_no_configuration() -> None:
    site = a_site()
    running_experiment(site)
    caller = Caller(key_for(site, kind=ApiKey.Kind.PUBLISHABLE))
    body = {"unit": {"visitor_id": "v-1"}, "placement": "home"}
    caller.post("recommendations", body)

    with CaptureQueriesContext(connection) as queries:
        caller.post("recommendations", body)

    # What is left: the two versions that are asked on each read only in tests, and the slate.
    statements = " ".join(query["sql"] for query in queries)
    for table in ("apikey", "site", "experiment", "variant", "placement", "allocation"):
        assert f'FROM "experiments_{table}"' not in statements
    assert "experiments_inboxbatch" in statements


def test_list__of_an_empty_catalogue__is_empty_and_says_so() -> None:
    answer = caller_for(a_site()).post("recommendations", {"placement": "home"})

    assert answer.status_code == 200
    assert answer.json()["items"] == []
    assert answer.json()["fallback"]


def test_list__with_a_cart_and_an_item_in_view__holds_neither() -> None:
    site = a_site()
    stocked(site, 5)
    context = {"item_id": "sku-0", "cart": ["sku-1", "sku-1", "unknown"]}

    body = {"placement": "product", "k": 100, "context": context}
    answer = caller_for(site).post("recommendations", body).json()

    assert {item["item_id"] for item in answer["items"]} == {"sku-2", "sku-3", "sku-4"}
