"""Asking for assignments: which experiments answer, what they tell, and why."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from experiments.links import forced_by
from experiments.models import Experiment, Exposure, Site, Slate
from tests.callers import Caller, caller_for, key_for, problem_of, refusal
from tests.factories import a_site, draft_experiment, running_experiment

pytestmark = pytest.mark.django_db
VISITOR = {"unit": {"visitor_id": "v-81"}}


@pytest.fixture
def site() -> Site:
    return a_site()


def asked(caller: Caller, **fields: Any) -> dict[str, Any]:
    response = caller.post("assignments", VISITOR | fields)
    assert response.status_code == 200, response.content
    return {each["experiment"]: each for each in response.json()["assignments"]}


def move(key: str, *statuses: str) -> None:
    for status in statuses:
        Experiment.objects.filter(key=key).update(status=status)
    Site.objects.get(slug="shop").save()  # tells readers that something changed


def test_all__of_a_site__are_those_that_were_published(site: Site) -> None:
    running_experiment(site, "runs", allocation=2500)
    for key in ("planned", "rests", "over", "draft"):
        draft_experiment(site, key, allocation=1000)
    move("planned", "scheduled")
    move("rests", "running", "paused")
    move("over", "running", "ended")

    found = asked(caller_for(site))

    assert set(found) == {"runs", "planned", "rests", "over"}
    assert found["planned"]["reason"] == "NOT_STARTED"
    assert found["over"]["reason"] == "ENDED"
    assert found["runs"]["phase"] == 1
    assert found["runs"]["unit_type"] == "visitor"
    assert not Slate.objects.exists()
    assert not Exposure.objects.exists()


def test_one__by_its_key__answers_alone(site: Site) -> None:
    running_experiment(site, "runs")

    found = asked(caller_for(site), experiment="runs")["runs"]

    assert found["reason"] == "SPLIT"
    assert found["in_experiment"] is True
    assert found["parameters"]["recommender"] in {"popularity", "random"}


def test_unknown__by_its_key__is_a_404_that_names_none_in_secret(site: Site) -> None:
    running_experiment(site, "runs", allocation=5000)
    draft_experiment(site, "draft", allocation=1000)

    problem = problem_of(caller_for(site).post("assignments", {"experiment": "draft"}))

    assert (problem["status"], problem["field"]) == (404, "experiment")
    assert problem["hint"] == "Known here: runs."


def test_tester__with_a_secret_key__hears_of_drafts(site: Site) -> None:
    draft_experiment(site, "draft")

    found = asked(caller_for(site), qa=True)["draft"]

    assert (found["reason"], found["in_experiment"]) == ("QA", False)
    assert found["variant"] in {"control", "treatment"}


def test_attributes__of_the_unit__hold_its_ids_for_conditions(site: Site) -> None:
    condition = {"visitor_id": {"$in": ["v-81"]}, "account_id": {"$exists": False}}
    running_experiment(site, "runs", eligibility=condition)
    caller = caller_for(site)

    forged = {"visitor_id": "v-82", "account_id": "a-1"}
    assert asked(caller, attributes=forged)["runs"]["reason"] == "SPLIT"
    assert asked(caller, unit={"visitor_id": "v-82"})["runs"]["reason"] == "NOT_ELIGIBLE"


def test_explanation__of_a_unit__tells_every_step(site: Site) -> None:
    condition = {"country": {"$eq": "DE"}}
    running_experiment(site, "runs", eligibility=condition, allocation=9999)
    draft_experiment(site, "draft", allocation=1)

    response = caller_for(site).post("assignments/explain", VISITOR | {"attributes": {}})

    by_key = {each["experiment"]: each for each in response.json()["explanations"]}
    assert by_key["draft"]["decided_by"] == "status"
    found = by_key["runs"]
    assert (found["reason"], found["decided_by"]) == ("NOT_ELIGIBLE", "eligibility")
    assert [step["name"] for step in found["steps"]] == [
        "consent", "link", "status", "unit", "override", "layer", "paused", "eligibility",
        "variant",
    ]  # fmt: skip
    [step] = [step for step in found["steps"] if step["verdict"] == "decided"]
    assert step["value"] == {
        "part": {"country": {"$eq": "DE"}}, "attribute": "country", "found": None,
    }  # fmt: skip


def test_explanation__asked_with_a_page_key__is_refused(site: Site) -> None:
    caller = Caller(key_for(site, kind="publishable"))

    assert refusal(caller.post("assignments/explain", VISITOR))[:2] == (403, "missing_scope")


def test_explanation__of_an_unknown_experiment__is_a_404(site: Site) -> None:
    response = caller_for(site).post("assignments/explain", {"experiment": "none"})

    assert refusal(response) == (404, "not_found", "experiment")


def test_link__made_over_the_interface__forces_its_variant_until_it_ends(site: Site) -> None:
    draft_experiment(site, "draft")
    page = "https://shop.example/women?size=m&armature_force=old#top"

    response = caller_for(site).post(
        "experiments/draft/links", {"variant": "treatment", "days": 2, "page": page}
    )

    link = response.json()
    assert response.status_code == 201
    assert parse_qs(urlsplit(link["address"]).query) == {
        "size": ["m"], link["parameter"]: [link["token"]],
    }  # fmt: skip
    assert link["address"].endswith("#top")
    ends = datetime.fromisoformat(link["expires_at"])
    assert 1.9 < (ends - datetime.now(UTC)).total_seconds() / 86_400 < 2.1
    assert forced_by(link["token"], site_id=site.pk, now=datetime.now(UTC)) == (
        "draft", "treatment",
    )  # fmt: skip
    forced = asked(Caller(key_for(site, kind="publishable")), force=link["token"])["draft"]
    assert (forced["variant"], forced["reason"]) == ("treatment", "OVERRIDE")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"variant": "none"}, "variant"),
        ({"variant": "treatment", "days": 31}, "days"),
        ({"variant": "treatment", "days": 0}, "days"),
        ({"variant": "treatment", "days": "soon"}, "days"),
        ({"variant": "treatment", "page": "javascript:alert(1)"}, "page"),
        ({"variant": "treatment", "page": "/women"}, "page"),
        ({"variant": "treatment", "page": "http://[bad"}, "page"),
        ({}, "variant"),
    ],
)
def test_link__asked_for_wrongly__names_the_field(
    site: Site, fields: dict[str, Any], field: str
) -> None:
    draft_experiment(site, "draft")

    problem = problem_of(caller_for(site).post("experiments/draft/links", fields))

    assert (problem["status"], problem["field"]) == (400, field)


def test_link__to_another_sites_experiment__is_a_404(site: Site) -> None:
    draft_experiment(a_site("other"), "theirs")

    response = caller_for(site).post("experiments/theirs/links", {"variant": "treatment"})

    assert problem_of(response)["status"] == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"force": 5}, "force"),
        ({"force": [5]}, "force[0]"),
        ({"force": ["t"] * 33}, "force"),
        ({"force": "t" * 1025}, "force"),
        ({"kept": "token"}, "kept"),
        ({"kept": [None]}, "kept[0]"),
        ({"qa": "yes"}, "qa"),
    ],
)
def test_question__with_a_bad_token__names_it(
    site: Site, fields: dict[str, Any], field: str
) -> None:
    for path in ("assignments", "recommendations", "assignments/explain"):
        response = caller_for(site).post(path, {"placement": "home"} | fields)

        assert refusal(response) == (400, "invalid_field", field)
