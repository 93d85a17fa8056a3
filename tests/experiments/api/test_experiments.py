"""Experiments over the API: created, read, started, paused, ended; bad ones refused."""

from typing import Any

import pytest

from experiments.models import Experiment, Site, StatusChange
from tests.callers import Caller, caller_for, problem_of, refusal
from tests.experiments.api.endpoints import EXPERIMENT
from tests.factories import a_site, stocked, trained

pytestmark = pytest.mark.django_db

A, B = EXPERIMENT["variants"]
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no key": ({"key": None}, "key"),
    "key with a space": ({"key": "my test"}, "key"),
    "key too long": ({"key": "k" * 81}, "key"),
    "name empty": ({"name": ""}, "name"),
    "name with NUL": ({"name": "a\x00"}, "name"),
    "name too long": ({"name": "n" * 201}, "name"),
    "unknown placement": ({"placement": "nowhere"}, "placement"),
    "unknown unit type": ({"unit_type": "device"}, "unit_type"),
    "window of 0": ({"window_days": 0}, "window_days"),
    "window of 10^30": ({"window_days": 10**18}, "window_days"),
    "planned units 2^31": ({"planned_units": 2**31}, "planned_units"),
    "negative mde": ({"mde": -0.1}, "mde"),
    "mde as text": ({"mde": "nan"}, "mde"),
    "mde beyond": ({"mde": 1e308}, "mde"),
    "allocation of 0": ({"allocation": 0}, "allocation"),
    "allocation beyond": ({"allocation": 10_001}, "allocation"),
    "eligibility as list": ({"eligibility": []}, "eligibility"),
    "unknown operator": ({"eligibility": {"a": {"$near": 1}}}, "eligibility"),
    "eligibility 2^64": ({"eligibility": {"a": 2**64}}, "eligibility.a"),
    "eligibility with NUL": ({"eligibility": {"a": "\x00"}}, "eligibility.a"),
    "no variants": ({"variants": []}, "variants"),
    "one variant": ({"variants": [A]}, "variants"),
    "21 variants": ({"variants": [A, *[B | {"key": f"v{n}"} for n in range(20)]]}, "variants"),
    "two of one key": ({"variants": [A, B | {"key": "a"}]}, "variants"),
    "no control": ({"variants": [B, B | {"key": "c"}]}, "variants"),
    "two controls": ({"variants": [A, B | {"is_control": True}]}, "variants"),
    "variants as text": ({"variants": "ab"}, "variants"),
    "variant as text": ({"variants": [A, "b"]}, "variants[1]"),
    "weight of 0": ({"variants": [A, B | {"weight": 0}]}, "variants[1].weight"),
    "weight of 10^18": ({"variants": [A, B | {"weight": 10**18}]}, "variants[1].weight"),
    "parameters as text": ({"variants": [A, B | {"parameters": "x"}]}, "variants[1].parameters"),
    "parameter 10^30": (
        {"variants": [A, B | {"parameters": {"n": [10**30]}}]},
        "variants[1].parameters.n[0]",
    ),
    "parameter with NUL": (
        {"variants": [A, B | {"parameters": {"recommender": "\x00"}}]},
        "variants[1].parameters.recommender",
    ),
}


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def caller(site: Site) -> Caller:
    return caller_for(site, "experiments")


def test_experiment__with_a_bad_field__names_it_and_is_not_created(caller: Caller) -> None:
    found = {}
    for name, (fields, _field) in BAD.items():
        problem = problem_of(caller.post("experiments", EXPERIMENT | fields))
        found[name] = (problem["status"], problem["field"])

    assert found == {name: (400, field) for name, (_fields, field) in BAD.items()}
    assert not Experiment.objects.exists()


@pytest.mark.parametrize("field", ["key", "name", "placement", "variants"])
def test_experiment__without_a_needed_field__names_it(caller: Caller, field: str) -> None:
    body = {name: value for name, value in EXPERIMENT.items() if name != field}

    assert refusal(caller.post("experiments", body)) == (400, "required", field)


def test_experiment__with_a_number_that_is_no_json__is_refused(caller: Caller) -> None:
    body = b'{"key": "k", "variants": [{"parameters": {"n": %s}}]}'

    for number in (b"NaN", b"1e400", b"-Infinity"):
        assert refusal(caller.post("experiments", body.replace(b"%s", number)))[0] == 400


def test_experiment__nested_too_deep__names_the_field(caller: Caller) -> None:
    deep: Any = 1
    for _ in range(40):
        deep = [deep]

    response = caller.post("experiments", EXPERIMENT | {"eligibility": {"a": deep}})

    status, code, field = refusal(response)
    assert (status, code) == (400, "too_deep")
    assert str(field).startswith("eligibility.a[0]")


def test_experiment__of_a_key_that_is_taken__is_a_409(caller: Caller) -> None:
    first = caller.post("experiments", EXPERIMENT)
    second = caller.post("experiments", EXPERIMENT)

    assert first.status_code == 201
    assert refusal(second) == (409, "key_taken", "key")
    assert Experiment.objects.count() == 1


def test_experiment__of_a_key_that_another_site_has__is_created(caller: Caller) -> None:
    other = caller_for(a_site("other"), "experiments")

    statuses = [c.post("experiments", EXPERIMENT).status_code for c in (caller, other)]

    assert statuses == [201, 201]


@pytest.mark.parametrize("name", ["site", "status", "seed", "phase", "id"])
def test_experiment__with_a_field_that_is_the_services__is_refused(
    caller: Caller, name: str
) -> None:
    answer = caller.post("experiments", EXPERIMENT | {name: 7})

    assert refusal(answer) == (400, "unknown_field", name)
    assert not Experiment.objects.exists()


def test_experiment__created_started_paused_resumed_ended__tells_its_status(
    site: Site, caller: Caller
) -> None:
    stocked(site)
    trained(site, "popularity", "random")
    parameters = [{"recommender": "popularity"}, {"recommender": "random"}]
    variants = [v | {"parameters": p} for v, p in zip((A, B), parameters, strict=True)]

    created = caller.post("experiments", EXPERIMENT | {"variants": variants, "allocation": 2000})
    steps = ["start", "pause", "start", "end"]
    body = {"reason": "because", "waiver": "a test"}
    answers = [caller.post(f"experiments/hostile/{step}", body) for step in steps]
    read = caller.get("experiments/hostile").json()

    assert created.status_code == 201, created.content
    assert created.json()["allocation"] == [0, 2000]
    assert [answer.json()["status"] for answer in answers] == [
        "running", "paused", "running", "ended"
    ]  # fmt: skip
    assert read == answers[-1].json()
    assert read["variants"][1]["parameters"]["recommender"] == "random"
    assert read["started_at"] < read["ended_at"]
    reasons = StatusChange.objects.filter(to_status__in=["paused", "ended"])
    assert set(reasons.values_list("reason", flat=True)) == {"because"}
    assert all(change.actor == "key tests" for change in reasons)


def test_experiment__that_cannot_start__says_why_and_stays_a_draft(caller: Caller) -> None:
    untrained = [A, B | {"parameters": {"recommender": "hybrid"}}]
    caller.post("experiments", EXPERIMENT | {"variants": untrained})

    problem = problem_of(caller.post("experiments/hostile/start"))

    assert (problem["status"], problem["code"]) == (409, "launch_refused")
    assert problem["hint"]
    assert caller.get("experiments/hostile").json()["status"] == "draft"


@pytest.mark.parametrize("action", ["pause", "end"])
def test_action__that_the_status_does_not_allow__is_a_409(caller: Caller, action: str) -> None:
    caller.post("experiments", EXPERIMENT)

    problem = problem_of(caller.post(f"experiments/hostile/{action}", {"reason": "x"}))

    assert (problem["status"], problem["code"]) == (409, "wrong_status")
    assert "draft" in problem["detail"]


def test_action__without_a_body__needs_none(caller: Caller) -> None:
    caller.post("experiments", EXPERIMENT)

    assert refusal(caller.post("experiments/hostile/end", content_type=""))[0] == 409


@pytest.mark.parametrize("reason", ["r" * 1001, [], {}, None])
def test_action__with_a_bad_reason__names_it(caller: Caller, reason: Any) -> None:
    caller.post("experiments", EXPERIMENT)

    response = caller.post("experiments/hostile/end", {"reason": reason})

    assert refusal(response)[::2] == (400, "reason")
