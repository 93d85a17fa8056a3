"""The plan over the API."""

import pytest

from experiments.models import Experiment
from tests.analytics.launch.shop import choose, visit
from tests.analytics.rows import Shares
from tests.analytics.web.reports import reported
from tests.callers import caller_for, refusal
from tests.factories import a_site

pytestmark = pytest.mark.django_db

PATH = "experiments/home-test/plan"


@pytest.fixture
def shop(experiment: Experiment) -> Experiment:
    choose(experiment, conversion="primary", fallback_rate="guardrail")
    visit(experiment, 1000, 200)
    return experiment


def test_plan__asked__answers_both_ways_with_what_was_asked(shop: Experiment) -> None:
    caller = caller_for(shop.site, "analyses")

    found = caller.get(f"{PATH}?days=21&lift=0.3&monitoring=fixed&power=0.9&cuped=false").json()

    asked = {"days": 21, "lift": 0.3, "monitoring": "fixed", "power": 0.9, "cuped": False}
    assert found["asked"] == asked | {"alpha": 0.05, "share": 1.0}
    assert (found["missing"], found["remaining"]) == ("", None)
    assert found["history"]["units_by_day"][-1] == 1000
    primary, guardrail = found["metrics"]
    assert (primary["key"], primary["value"]) == ("conversion", 0.2)
    assert primary["found"]["days"] == 21
    assert primary["found"]["lift"] > 0
    assert primary["needed"]["days"] >= 14
    assert primary["needed"]["n_units"] > 1000
    assert [each["week"] for each in primary["weeks"]] == list(range(1, 9))
    assert "did not vary" in guardrail["missing"]
    assert (guardrail["found"], guardrail["needed"]) == (None, None)


def test_plan__lift_that_the_days_find__takes_these_days(shop: Experiment) -> None:
    caller = caller_for(shop.site, "analyses")
    lift = caller.get(f"{PATH}?days=35").json()["metrics"][0]["found"]["lift"]

    back = caller.get(f"{PATH}?lift={lift}").json()["metrics"][0]["needed"]

    assert back["days_missing"] in (35, 36)
    assert back["days"] in (35, 42)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("days=0", "days"),
        ("days=x", "days"),
        ("lift=nan", "lift"),
        ("lift=inf", "lift"),
        ("power=1", "power"),
        ("alpha=-1", "alpha"),
        ("share=2", "share"),
        ("monitoring=never", "monitoring"),
        ("cuped=maybe", "cuped"),
        ("dayz=3", "dayz"),
    ],
)
def test_plan__bad_choice__is_refused_with_its_field(
    shop: Experiment, query: str, field: str
) -> None:
    response = caller_for(shop.site, "analyses").get(f"{PATH}?{query}")

    assert refusal(response)[0] == 400
    assert field in response.content.decode()


def test_plan__site_without_a_past__says_what_is_missing(experiment: Experiment) -> None:
    found = caller_for(experiment.site, "analyses").get(PATH).json()

    assert "at least 100 are needed" in found["missing"]
    assert found["fix"].startswith("Let the storefront ask")
    assert (found["metrics"], found["history"]) == ([], None)
    assert found["asked"]["days"] == experiment.planned_days


def test_plan__of_a_run__says_what_is_left() -> None:
    behaviour = {"control": Shares(700, 0.2), "treatment": Shares(700, 0.22)}
    run = reported(behaviour, has_ended=False, mde=0.1)

    found = caller_for(run.site, "analyses").get(PATH).json()["remaining"]

    (row,) = [each for each in found["metrics"] if each["key"] == "revenue_per_unit"]
    assert (row["n_units"], row["sought"], row["reason"]) == (1400, 0.1, "")
    assert row["n_needed"] > 1400
    assert row["days_left"] >= row["days_missing"] > 0


def test_plan__of_another_site__does_not_exist(shop: Experiment) -> None:
    other = a_site("other")

    assert caller_for(other, "analyses").get(PATH).status_code == 404
    assert caller_for(shop.site, "events").get(PATH).status_code == 403
