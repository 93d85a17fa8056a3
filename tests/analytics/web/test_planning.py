"""The planner's page: what is asked in the address, answered, refused, or not there yet."""

import re
from typing import Any

import pytest
from django.test import Client

from experiments.models import Experiment, Slate
from tests.analytics.launch.shop import choose, guard, visit
from tests.analytics.rows import Shares
from tests.analytics.web.reports import reported
from tests.factories import NOW, a_site, draft_experiment, member

pytestmark = pytest.mark.django_db

PATH = "/reports/home-test/plan/"
RUN = {"control": Shares(700, 0.2), "treatment": Shares(700, 0.22)}


@pytest.fixture
def shop(experiment: Experiment) -> Experiment:
    choose(experiment, conversion="primary", revenue_per_unit="secondary")
    guard(experiment, 0.1, "ctr")
    visit(experiment, 1000, 200)
    Experiment.objects.filter(pk=experiment.pk).update(mde=0.3)
    return experiment


def body(client: Client, query: str = "", path: str = PATH) -> str:
    response = client.get(path + query)
    assert response.status_code == 200
    return response.content.decode()


def words(html: str, element: str) -> str:
    """Return the words of an element by its id, without its markup."""
    found = re.search(rf'<(\w+)[^>]* id="{element}".*?</\1>', html, re.DOTALL)
    assert found is not None
    return " ".join(re.sub("<[^>]+>", " ", found[0]).split())


def row(html: str, key: str) -> str:
    found = re.search(rf'<tr role="row" data-metric="{key}">.*?</tr>', html, re.DOTALL)
    assert found is not None
    return " ".join(re.sub("<[^>]+>", " ", found[0]).split())


def test_plan__of_a_shop__answers_both_ways_for_each_metric(
    analyst: Client, shop: Experiment
) -> None:
    html = body(analyst, "?days=28&monitoring=fixed")

    says = words(html, "says")
    assert re.search(r"With 28 days you can find a change of \+\d+\.\d+ % or more", says)
    assert re.search(r"To find \+30 % you need \d+ days, about [\d,]+ units", says)
    assert "shown in" in row(html, "conversion")
    assert "€" in row(html, "revenue_per_unit")
    assert "did not vary in the last 28 days" in row(html, "ctr")
    assert html.count('role="rowheader" scope="row">Week ') == 8
    assert "smallest change by weeks of running: week 1 +" in html


def test_plan__choices_in_the_address__are_kept_and_answered(
    analyst: Client, shop: Experiment
) -> None:
    easy = body(analyst, "?lift=100&days=14&monitoring=fixed")
    hard = body(analyst, "?lift=40&days=21&power=95&alpha=4&share=50&cuped=off&monitoring=fixed")

    assert "The days suffice" in easy
    assert "The days do not suffice" in hard
    for name, value in (("lift", "40"), ("days", "21"), ("power", "95"), ("share", "50")):
        assert re.search(rf'name="{name}" value="{value}"', hard)
    assert '<option value="off" selected>' in hard
    assert "past left in" in hard or "past not taken out" in hard or "their past says" in hard


def test_plan__metric_of_the_chart__is_chosen_by_a_link(analyst: Client, shop: Experiment) -> None:
    html = body(analyst, "?metric=revenue_per_unit&days=28")

    assert "Revenue per unit, by weeks of running" in html
    assert "?metric=conversion&amp;days=28#weeks" in html
    assert "Conversion, by weeks of running" in body(analyst, "?metric=%22%3E%3Cscript%3E")


@pytest.mark.parametrize(
    "query",
    [
        "days=0",
        "days=a",
        "days=99999999999999999999",
        "lift=-3",
        "lift=nan",
        "lift=1e400",
        "power=100",
        "alpha=0",
        "share=101",
        "monitoring=sometimes",
        "cuped=perhaps",
        "power=%00",
    ],
)
def test_plan__bad_choice__is_marked_and_nothing_is_computed(
    analyst: Client, shop: Experiment, query: str
) -> None:
    html = body(analyst, f"?{query}")

    assert "This cannot be planned as it was asked" in html
    assert 'class="err"' in html
    assert 'id="metrics"' not in html


def test_plan__empty_short_and_never__look_different_and_say_what_to_do(
    analyst: Client, experiment: Experiment
) -> None:
    choose(experiment, conversion="primary")
    empty = body(analyst)
    visit(experiment, 400, 100, days=6)
    short = body(analyst, "?lift=100")
    never = body(analyst, "?lift=0.1")

    assert "There is nothing to plan from yet" in empty
    assert "Let the storefront ask for its lists first" in empty
    assert 'id="metrics"' not in empty
    assert "Only 6 days of history" in short
    assert "beyond the history" in short
    assert "is never reached" in words(never, "says")
    assert "ask for" in row(never, "conversion")
    assert "more than 52 weeks would be needed" in row(never, "conversion").lower()


def test_plan__without_a_lift__asks_for_one(analyst: Client, experiment: Experiment) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 400, 100)

    assert "Name a lift, and the days that it takes are told" in words(body(analyst), "says")


def test_plan__hostile_names__are_escaped(analyst: Client, shop: Experiment) -> None:
    Experiment.objects.filter(pk=shop.pk).update(name='"><script>alert(1)</script>')

    html = body(analyst, "?site=shop&lift=3&x=%22%3E%3Cscript%3E")

    assert "<script>alert" not in html
    assert '"><script>' not in html


def test_plan__of_a_run__says_what_is_left_here_and_in_the_report(analyst: Client) -> None:
    run = reported(RUN, has_ended=False, mde=0.1)

    html, report = body(analyst), body(analyst, path="/reports/home-test/")

    assert "1,400 units so far" in words(html, "left")
    assert re.search(r"About [\d,]+ days more", row_in(html, "left", "revenue_per_unit"))
    assert re.search(
        r"To find a change of 10 % in Revenue per unit: about [\d,]+ days more",
        words(report, "needs"),
    )
    assert f"{PATH}?site={run.site.slug}" in report


def row_in(html: str, section: str, key: str) -> str:
    return row(html[html.index(f'id="{section}"') :], key)


def test_plan__of_an_ended_run__has_nothing_left(analyst: Client) -> None:
    reported(RUN, mde=0.1)

    assert 'id="left"' not in body(analyst)
    assert 'id="needs"' not in body(analyst, path="/reports/home-test/")


def test_plan__of_a_site_without_a_role__does_not_exist(client: Client, shop: Experiment) -> None:
    other = draft_experiment(a_site("other"), key="own-test")
    client.force_login(member(other.site, "analyst"))

    assert client.get(PATH).status_code == 404
    assert client.get("/reports/own-test/plan/").status_code == 200


def test_plan__of_a_simulated_site__reads_its_own_clock(analyst: Client) -> None:
    experiment = reported(RUN, mde=0.1)
    assert Slate.objects.filter(site=experiment.site, served_at__lt=NOW).exists()

    html = body(analyst)

    assert "Simulated visitors" in html
    assert "28 days until Fri 20 Nov 2026" in html


def test_setup__of_a_draft__leads_to_the_plan(admin_client: Client, shop: Experiment) -> None:
    html = body(admin_client, path=f"/admin/experiments/experiment/{shop.pk}/setup/duration/")

    assert f'href="{PATH}?site=shop"' in html


def test_launch_check__says_what_the_plan_says(analyst: Client, shop: Experiment) -> None:
    from analytics.launch.launching import measuring_checks

    fresh: Any = Experiment.objects.get(pk=shop.pk)
    (check,) = [each for each in measuring_checks(fresh) if each.code == "power"]
    found = re.search(r"found in (\d+) of 100 cases", check.detail)
    assert found is not None

    assert f"what is sought is shown in {found[1]} % of cases" in row(
        body(analyst, "?days=14"), "conversion"
    )
