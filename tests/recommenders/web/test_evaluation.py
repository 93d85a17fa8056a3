"""The page of evaluations: its states look different, its form refuses nonsense, it exports."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from experiments.models import Site
from recommenders.evaluation.definitions import METRICS
from recommenders.evaluation.design import Design
from recommenders.models import Evaluation, Recommender
from recommenders.services import compute_evaluation, request_evaluation
from recommenders.services.evaluating import LEASE
from tests.factories import a_site
from tests.recommenders.registry.tastes import shop_of_tastes

pytestmark = pytest.mark.django_db
PAGE = "/recommenders/evaluation/shop/"
HOSTILE = "=cmd|'/c calc'!A1<script>"


@pytest.fixture
def ada(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ada", "", "x"))
    return client


def _asked(site: Site, **facts: Any) -> Evaluation:
    evaluation = request_evaluation(
        site=site, keys=["item_knn"], design=Design(split="random"), actor="ada"
    )
    Evaluation.objects.filter(pk=evaluation.pk).update(**facts)
    evaluation.refresh_from_db()
    return evaluation


def _computed(site: Site) -> Evaluation:
    evaluation = _asked(site)
    compute_evaluation(evaluation_id=evaluation.pk)
    evaluation.refresh_from_db()
    return evaluation


def _text(client: Client, address: str = PAGE, *, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_page__nothing_evaluated__says_so(ada: Client) -> None:
    a_site()

    assert "Nothing has been evaluated yet" in _text(ada)


def test_page__queued__shows_how_far_it_is_and_looks_again(ada: Client) -> None:
    _asked(a_site(), stage="Fitting item_knn", share=0.4)

    text = _text(ada)

    assert "Fitting item_knn: 40 % of the lists are judged." in text
    assert "data-pending" in text


@pytest.mark.parametrize(
    ("status", "silent_for"),
    [("queued", timedelta(minutes=3)), ("computing", LEASE + timedelta(minutes=1))],
)
def test_page__no_sign_of_life__does_not_look_like_waiting(
    ada: Client, status: str, silent_for: timedelta
) -> None:
    then = timezone.now() - silent_for
    _asked(a_site(), status=status, created_at=then, seen_at=then)

    text = _text(ada)

    assert "It gives no sign of life" in text
    assert "data-pending" not in text


def test_page__failed__says_why(ada: Client) -> None:
    _asked(a_site(), status="failed", error="there are no items to judge by")

    text = _text(ada)

    assert "The evaluation failed." in text
    assert "there are no items to judge by" in text


def test_page__ready__has_every_figure_with_its_meaning_and_a_word_for_the_difference(
    ada: Client,
) -> None:
    _computed(shop_of_tastes())

    text = _text(ada)

    for metric in METRICS:
        assert f'href="#means-{metric.key}"' in text
        assert f'id="means-{metric.key}"' in text
    assert "item_knn leads with NDCG" in text
    assert 'href="#i-good"/></svg>better</span>' in text
    assert "the baseline" in text
    assert ">nan" not in text.lower()
    assert "stale" not in text


def test_page__old_figures_and_other_settings__are_called_stale(ada: Client) -> None:
    evaluation = _computed(shop_of_tastes())
    Recommender.objects.filter(key="item_knn").update(settings={"neighbours": 7})
    Evaluation.objects.filter(pk=evaluation.pk).update(
        until=timezone.now() - timedelta(days=30), code_version="0.0.1"
    )

    text = _text(ada)

    assert "These figures are stale" in text
    for reason in ("only", "version 0.0.1", "settings of item_knn have changed since"):
        assert reason in text


def test_page__recommender_that_failed__stands_with_its_reason(ada: Client) -> None:
    site = shop_of_tastes()
    evaluation = _asked(site)
    contenders = [
        {**each, "settings": {"neighbours": 0}} if each["name"] == "item_knn" else each
        for each in evaluation.contenders
    ]
    Evaluation.objects.filter(pk=evaluation.pk).update(contenders=contenders)
    compute_evaluation(evaluation_id=evaluation.pk)

    assert "neighbours must be at least 1" in _text(ada)


def test_page__earlier_evaluation__opens_by_its_address(ada: Client) -> None:
    site = shop_of_tastes()
    earlier = _computed(site)
    _asked(site)

    assert f"?evaluation={earlier.pk}" in _text(ada)
    assert "item_knn leads" in _text(ada, f"{PAGE}?evaluation={earlier.pk}")


@pytest.mark.parametrize("wanted", ["999999", "x", "-1", "9" * 40, "%00"])
def test_page__evaluation_that_is_not_there__is_not_found(ada: Client, wanted: str) -> None:
    a_site()

    _text(ada, f"{PAGE}?evaluation={wanted}", status=404)


def test_ask__a_choice__is_queued_as_chosen(ada: Client) -> None:
    site = a_site()
    chosen = {
        "keys": ["item_knn"],
        "split": "last",
        "folds": "2",
        "window_days": "7",
        "k": "20",
        "wanted": "purchase",
        "keep_seen": "on",
    }

    answer = ada.post(f"{PAGE}ask/", chosen)

    assert answer.headers["Location"] == PAGE
    row = Evaluation.objects.get(site=site)
    assert (row.split, row.folds, row.window_days, row.k) == ("last", 2, 7, 20)
    assert (row.wanted, row.remove_seen, row.actor) == ("purchase", False, "ada")


@pytest.mark.parametrize(
    ("field", "value"),
    [("k", "0"), ("k", "ten"), ("folds", "21"), ("split", "sideways"), ("keys", "nonsense"),
     ("window_days", "366"), ("wanted", "\0")],
)  # fmt: skip
def test_ask__nonsense__is_refused_with_its_field_and_queues_nothing(
    ada: Client, field: str, value: str
) -> None:
    a_site()

    answer = ada.post(f"{PAGE}ask/", {field: value})

    assert answer.status_code == 400
    assert "Nothing was asked for." in answer.content.decode()
    assert not Evaluation.objects.exists()


def test_ask__settings_that_do_not_fit__are_told(ada: Client) -> None:
    site = a_site()
    Recommender.objects.filter(site=site, key="item_knn").update(settings={"nonsense": 1})

    answer = ada.post(f"{PAGE}ask/", {"keys": "item_knn"}, follow=True)

    assert "unknown setting" in answer.content.decode()
    assert not Evaluation.objects.exists()


def test_exports__of_a_ready_one__hold_every_figure_and_no_formula(ada: Client) -> None:
    evaluation = _computed(shop_of_tastes())
    results = evaluation.results or {}
    for part in (*results["rows"], *results["runs"]):
        part["name"] = HOSTILE if part["name"] == "item_knn" else part["name"]
    Evaluation.objects.filter(pk=evaluation.pk).update(results=results)

    text = _text(ada, f"{PAGE}{evaluation.pk}/results.csv")
    body = ada.get(f"{PAGE}{evaluation.pk}/results.json").json()

    header, *lines = csv.reader(io.StringIO(text))
    assert len(lines) == len(results["rows"]) * len(METRICS)
    assert {line[header.index("recommender")] for line in lines} == {"popularity", f"'{HOSTILE}"}
    assert body["results"] == results
    assert HOSTILE not in _text(ada)


def test_exports__of_one_without_results__are_not_found(ada: Client) -> None:
    evaluation = _asked(a_site())

    for form in ("csv", "json"):
        _text(ada, f"{PAGE}{evaluation.pk}/results.{form}", status=404)


def test_sites__with_one__lead_to_its_page(ada: Client) -> None:
    a_site()

    assert f'href="{PAGE}"' in _text(ada, "/recommenders/evaluation/")
