"""Checks, waivers, clones, templates, decisions and the library over the API."""

from typing import Any

import pytest

from experiments.models import DecisionRecord, Experiment, Site, Waiver
from experiments.services import end_experiment, start_experiment
from tests.callers import Caller, caller_for, problem_of
from tests.experiments.sites import a_ready_site
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "experiments/home-test/checks", {}),
    ("POST", "experiments/home-test/waive", {"code": "end_date", "reason": "Why."}),
    ("POST", "experiments/home-test/clone", {"key": "again", "name": "Again"}),
    ("POST", "experiments/home-test/decide", {"outcome": "lost", "reason": "No."}),
    ("GET", "templates", {}),
    ("POST", "templates/a-a", {"key": "a", "name": "A", "placement": "home"}),
    ("GET", "library", {}),
]


@pytest.fixture
def site() -> Site:
    return a_ready_site()


@pytest.fixture
def caller(site: Site) -> Caller:
    return caller_for(site)


@pytest.fixture
def experiment(site: Site) -> Experiment:
    return draft_experiment(site, allocation=5000)


def ended(experiment: Experiment) -> Experiment:
    start_experiment(experiment_id=experiment.pk, waiver="a test")
    return end_experiment(experiment_id=experiment.pk, actor="pia")


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
@pytest.mark.usefixtures("experiment")
def test_call__without_the_scope__is_refused(
    site: Site, method: str, path: str, body: dict[str, Any]
) -> None:
    answer = caller_for(site, "assign").send(method, path, body)

    assert problem_of(answer)["code"] == "missing_scope"


@pytest.mark.parametrize(("method", "path", "body"), [c for c in CALLS if "home-test" in c[1]])
@pytest.mark.usefixtures("experiment")
def test_call__about_another_sites_experiment__finds_none(
    method: str, path: str, body: dict[str, Any]
) -> None:
    answer = caller_for(a_site("other")).send(method, path, body)

    assert problem_of(answer)["code"] == "not_found"
    assert Experiment.objects.count() == 1


@pytest.mark.usefixtures("experiment")
def test_checks__read__tell_what_is_hard_and_what_is_waived(caller: Caller) -> None:
    caller.post("experiments/home-test/waive", {"code": "end_date", "reason": "The season."})

    checks = {c["code"]: c for c in caller.get("experiments/home-test/checks").json()["checks"]}

    assert checks["control"]["is_hard"]
    assert checks["control"]["passed"]
    assert not checks["end_date"]["passed"]
    assert checks["end_date"]["link"] == "duration"
    assert checks["end_date"]["waived"].startswith("The season. (key")
    assert Waiver.objects.get().code == "end_date"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"code": "nope", "reason": "Why."}, 404, "code"),
        ({"code": "overlap", "reason": "Why."}, 400, "code"),
        ({"code": "end_date", "reason": ""}, 400, "reason"),
        ({"code": "end_date"}, 400, "reason"),
        ({"reason": "Why."}, 400, "code"),
        ({"code": "end_date", "reason": "a\x00"}, 400, "reason"),
        ({"code": "end_date", "reason": "r" * 1001}, 400, "reason"),
        ({"code": ["end_date"], "reason": "Why."}, 400, "code"),
    ],
)
@pytest.mark.usefixtures("experiment")
def test_waive__bad_body__is_refused_with_the_field(
    caller: Caller, body: dict[str, Any], status: int, field: str
) -> None:
    problem = problem_of(caller.post("experiments/home-test/waive", body))

    assert (problem["status"], problem["field"]) == (status, field)
    assert not Waiver.objects.exists()


def test_clone__of_an_ended_experiment__is_a_draft(caller: Caller, experiment: Experiment) -> None:
    ended(experiment)

    answer = caller.post("experiments/home-test/clone", {"key": "again", "name": "Again"})

    assert answer.status_code == 201
    assert answer.json()["key"] == "again"
    assert answer.json()["status"] == "draft"
    assert answer.json()["allocation"] == [0, 5000]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"key": "home-test", "name": "Again"}, 409, "key"),
        ({"key": "home", "name": "Again"}, 400, "key"),
        ({"key": "a b", "name": "Again"}, 400, "key"),
        ({"key": "again"}, 400, "name"),
        ({"key": "again", "name": "n" * 201}, 400, "name"),
    ],
)
@pytest.mark.usefixtures("experiment")
def test_clone__bad_body__is_refused_with_the_field(
    caller: Caller, body: dict[str, Any], status: int, field: str
) -> None:
    problem = problem_of(caller.post("experiments/home-test/clone", body))

    assert (problem["status"], problem["field"]) == (status, field)
    assert Experiment.objects.count() == 1


def test_templates__listed_then_used__make_a_draft(caller: Caller) -> None:
    listed = {each["key"]: each for each in caller.get("templates").json()["templates"]}
    assert list(listed["a-a"]["choices"]) == ["recommender"]

    body = {"key": "a", "name": "A", "placement": "home", "choices": {"recommender": "random"}}
    answer = caller.post("templates/a-a", body)

    assert answer.status_code == 201
    assert [v["key"] for v in answer.json()["variants"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("template", "changes", "status", "field"),
    [
        ("nope", {}, 404, "template"),
        ("a-a", {"choices": {}}, 400, "recommender"),
        ("a-a", {"choices": {"recommender": "nope"}}, 400, "recommender"),
        ("a-a", {"choices": {"recommender": "random", "site": "x"}}, 400, "site"),
        ("a-a", {"choices": {"recommender": "random", "actor": "x"}}, 400, "actor"),
        ("a-a", {"choices": {"recommender": ["random"]}}, 400, "choices.recommender"),
        ("a-a", {"choices": "random"}, 400, "choices"),
        ("a-a", {"placement": "nowhere"}, 400, "placement"),
        ("a-a", {"key": "home"}, 400, "key"),
    ],
)
def test_template__bad_body__is_refused_with_the_field(
    caller: Caller, template: str, changes: dict[str, Any], status: int, field: str
) -> None:
    body = {"key": "a", "name": "A", "placement": "home", "choices": {"recommender": "random"}}

    problem = problem_of(caller.post(f"templates/{template}", body | changes))

    assert (problem["status"], problem["field"]) == (status, field)
    assert not Experiment.objects.exists()


def test_decide__ended__ships_and_is_found_in_the_library(
    caller: Caller, experiment: Experiment
) -> None:
    ended(experiment)
    body = {"outcome": "won", "reason": "It rose.", "shipped_variant": "treatment"}

    answer = caller.post("experiments/home-test/decide", body)

    assert answer.status_code == 201
    assert answer.json()["shipped_variant"] == "treatment"
    assert answer.json()["actor"].startswith("key")
    [found] = caller.get("library?search=rose").json()["results"]
    assert (found["key"], found["decision"]["outcome"]) == ("home-test", "won")
    assert caller.get("library?search=fell").json()["results"] == []
    again = problem_of(caller.post("experiments/home-test/decide", body))
    assert (again["status"], again["code"]) == (409, "already_decided")


def test_decide__running__is_refused(caller: Caller, experiment: Experiment) -> None:
    start_experiment(experiment_id=experiment.pk, waiver="a test")

    answer = caller.post("experiments/home-test/decide", {"outcome": "lost", "reason": "No."})

    problem = problem_of(answer)
    assert (problem["status"], problem["code"]) == (409, "wrong_status")
    assert problem["hint"] == "End it first."


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"outcome": "great"}, 400, "outcome"),
        ({"outcome": "won"}, 400, "shipped_variant"),
        ({"shipped_variant": "nope"}, 404, "shipped_variant"),
        ({"shipped_variant": "treatment"}, 400, "shipped_variant"),
        ({"reason": ""}, 400, "reason"),
        ({"follow_up": "f" * 5001}, 400, "follow_up"),
    ],
)
def test_decide__bad_body__is_refused_with_the_field(
    caller: Caller, experiment: Experiment, changes: dict[str, Any], status: int, field: str
) -> None:
    ended(experiment)
    body = {"outcome": "lost", "reason": "No."} | changes

    problem = problem_of(caller.post("experiments/home-test/decide", body))

    assert (problem["status"], problem["field"]) == (status, field)
    assert not DecisionRecord.objects.exists()
