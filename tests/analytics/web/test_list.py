"""The list of reports: every experiment, its state, page by page."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics.models import Analysis
from analytics.services import request_analysis
from experiments.models import Experiment, Site
from tests.analytics.rows import a_run
from tests.analytics.web.reports import BETTER, NOBODY, analyse, reported
from tests.experiments.admin.forms import BACKEND
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db


def many(site: Site, count: int) -> None:
    first = draft_experiment(site, "experiment-0")
    Experiment.objects.bulk_create(
        Experiment(
            site=site,
            key=f"experiment-{number}",
            name=f"Experiment {number}",
            placement=first.placement,
            seed=str(number),
        )
        for number in range(1, count)
    )


def keys(client: Client, query: str = "") -> list[str]:
    body = client.get(f"/reports/{query}").content.decode()
    return re.findall(r"<small>(experiment-\d+)</small>", body)


def queries_of(client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get("/reports/")
    return len(queries)


def test_list__without_experiments__says_so(analyst: Client) -> None:
    assert "There is no experiment yet" in analyst.get("/reports/").content.decode()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: draft_experiment(a_site()), "No report yet"),
        (lambda: request_analysis(experiment=a_run(NOBODY)), "Computing"),
        (lambda: reported(BETTER), "Ship Treatment"),
        (lambda: request_analysis(experiment=reported(BETTER)), "Ship Treatment"),
    ],
)
def test_list__each_state__is_told_in_words(analyst: Client, make, words: str) -> None:  # type: ignore[no-untyped-def]
    make()

    assert words in analyst.get("/reports/").content.decode()


def test_list__newest_failed__says_so_over_an_older_verdict(analyst: Client) -> None:
    waiting = request_analysis(experiment=reported(BETTER))
    Analysis.objects.filter(pk=waiting.pk).update(status="failed")

    body = analyst.get("/reports/").content.decode()

    assert "Computation failed" in body
    assert "Ship" not in body


def test_list__older_phase__has_no_verdict(analyst: Client) -> None:
    experiment = reported(BETTER)
    Experiment.objects.filter(pk=experiment.pk).update(phase=2)

    assert "Ship" not in analyst.get("/reports/").content.decode()


def test_list__whatever_its_length__takes_as_many_queries(analyst: Client) -> None:
    site = a_site()
    many(site, 1)
    few = queries_of(analyst)
    many(a_site("other"), 49)
    for experiment in Experiment.objects.filter(site=site):
        for _ in range(3):
            analyse(experiment)

    assert queries_of(analyst) == few <= 5


def test_list__more_than_a_page__is_cut_and_says_so(analyst: Client) -> None:
    many(a_site(), 120)

    first, last = keys(analyst), keys(analyst, "?page=3")

    assert first == [f"experiment-{number}" for number in range(119, 69, -1)]
    assert last == [f"experiment-{number}" for number in range(19, -1, -1)]
    body = analyst.get("/reports/?page=2").content.decode()
    assert "51–100 of 120 experiments" in body
    assert 'href="?page=1"' in body
    assert 'href="?page=3"' in body


@pytest.mark.parametrize(
    ("page", "newest"), [("nonsense", 59), ("-1", 9), ("999999999999999999999", 9), ("a\x00", 59)]
)
def test_list__odd_page__is_the_nearest(analyst: Client, page: str, newest: int) -> None:
    many(a_site(), 60)

    assert keys(analyst, f"?page={page}")[0] == f"experiment-{newest}"


def test_list__for_an_analyst__offers_no_new_experiment(analyst: Client) -> None:
    page = analyst.get("/reports/").content.decode()

    assert "There is no experiment yet" in page
    assert "/experiment/add/" not in page


def test_list__for_somebody_without_a_role__says_so(client: Client) -> None:
    many(a_site(), 1)
    client.force_login(User.objects.create_user("new"), backend=BACKEND)

    page = client.get("/reports/").content.decode()

    assert "You have no role yet" in page
    assert "experiment-0" not in page
