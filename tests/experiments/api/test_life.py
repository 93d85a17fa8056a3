"""An experiment's life over the API: edits with versions, every step, and the history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from experiments.models import Change, Experiment, Site, Waiver
from tests.callers import Caller, caller_for, problem_of, refusal
from tests.experiments.sites import a_ready_site, started
from tests.factories import a_site, draft_experiment, member

pytestmark = pytest.mark.django_db
PATH = "experiments/home-test"


@pytest.fixture
def site() -> Site:
    return a_ready_site()


@pytest.fixture
def caller(site: Site) -> Caller:
    return caller_for(site, "experiments")


def patch(caller: Caller, **body: Any) -> Any:
    return caller.send("PATCH", PATH, body)


# ── edits ───────────────────────────────────────────────────────────────────────────────────────
def test_edit__of_the_version_that_was_read__is_made_and_recorded(
    site: Site, caller: Caller
) -> None:
    draft_experiment(site)
    olga = member(site, "editor", "olga")
    ends_at = datetime.now(UTC) + timedelta(days=30)
    body = {
        "name": "New",
        "owner": "olga",
        "placement": "cart",
        "eligibility": {"country": "DE"},
        "allocation": 500,
        "ramp": [{"percent": 1}, {"percent": 100, "after_hours": 24, "needs_guardrails": False}],
        "ends_at": ends_at.isoformat(),
    }

    response = patch(caller, version=1, reason="as agreed", **body)

    assert response.status_code == 200, response.content
    read = response.json()
    assert (read["version"], read["name"], read["owner"]) == (2, "New", olga.username)
    assert (read["placement"], read["layer"], read["allocation"]) == ("cart", "cart", [0, 500])
    assert [step["percent"] for step in read["ramp"]] == [1, 100]
    assert datetime.fromisoformat(read["ends_at"]) == ends_at
    change = Change.objects.latest("id")
    assert (change.action, change.actor, change.reason) == ("edit", "key tests", "as agreed")


def test_edit__of_another_version__is_a_409_with_the_difference(site: Site, caller: Caller) -> None:
    draft_experiment(site)
    patch(caller, version=1, name="Theirs")

    response = patch(caller, version=1, name="Yours", mde=0.1)

    problem = response.json()
    assert (response.status_code, problem["code"], problem["version"]) == (409, "edit_conflict", 2)
    assert sorted(problem["diff"], key=lambda each: str(each["field"])) == [
        {"field": "mde", "yours": 0.1, "theirs": None, "base": None},
        {"field": "name", "yours": "Yours", "theirs": "Theirs", "base": "Home Test"},
    ]
    assert Experiment.objects.get().name == "Theirs"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "version"),
        ({"version": 0}, "version"),
        ({"version": "x"}, "version"),
        ({"version": 1, "name": ""}, "name"),
        ({"version": 1, "owner": "nobody"}, "owner"),
        ({"version": 1, "placement": "nowhere"}, "placement"),
        ({"version": 1, "layer": "nowhere"}, "layer"),
        ({"version": 1, "ends_at": "tomorrow"}, "ends_at"),
        ({"version": 1, "ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"version": 1, "ramp": [{"percent": 101}]}, "ramp[0].percent"),
        ({"version": 1, "ramp": [{"percent": 5}, {"percent": 1}]}, "ramp"),
        ({"version": 1, "variants": [{"key": "a", "name": "A"}]}, "variants"),
        ({"version": 1, "variants": [{"name": "A"}, {"key": "b", "name": "B"}]}, "variants[0].key"),
        ({"version": 1, "eligibility": {"a": {"$near": 1}}}, "eligibility"),
    ],
)
def test_edit__with_a_bad_field__names_it(
    site: Site, caller: Caller, body: dict[str, Any], field: str
) -> None:
    draft_experiment(site)

    assert refusal(patch(caller, **body))[::2] == (400, field)
    assert Experiment.objects.get().version == 1


def test_edit__of_what_runs__refuses_what_is_frozen(site: Site, caller: Caller) -> None:
    started(site)

    assert refusal(patch(caller, version=1, window_days=3)) == (400, "invalid", "window_days")
    assert patch(caller, version=1, name="New").status_code == 200


def test_edit__of_another_sites_experiment__is_a_404(site: Site) -> None:
    draft_experiment(site)
    stranger = caller_for(a_site("other"), "experiments")

    assert patch(stranger, version=1, name="Mine").status_code == 404


def test_creation__in_a_layer_of_its_own__needs_no_placement(site: Site, caller: Caller) -> None:
    variants = [{"key": "a", "name": "A", "is_control": True}, {"key": "b", "name": "B"}]
    body = {"key": "colours", "name": "Colours", "layer": "cart", "variants": variants}

    response = caller.post("experiments", body)

    assert response.status_code == 201, response.content
    assert (response.json()["placement"], response.json()["layer"]) == (None, "cart")


# ── steps ───────────────────────────────────────────────────────────────────────────────────────
def test_life__step_by_step__is_taken_and_told(site: Site, caller: Caller) -> None:
    draft_experiment(site, allocation=4000)
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    waiver = {"waiver": "a test"}
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("submit", {}, "review"),
        ("schedule", {"starts_at": soon, **waiver}, "scheduled"),
        ("unschedule", {}, "draft"),
        ("start", waiver, "running"),
        ("ramp", {"percent": 5, "reason": "carefully"}, "running"),
        ("phase", {"weights": {"treatment": 3}, "reason": "more of it"}, "running"),
        ("pause", {"reason": "stock is out"}, "paused"),
        ("start", {}, "running"),
        ("close-enrolment", {"reason": "enough"}, "running"),
        ("kill", {"reason": "prices are wrong"}, "ended"),
        ("archive", {}, "archived"),
    ]

    found = [caller.post(f"{PATH}/{step}", body).json() for step, body, _status in steps]

    assert [answer.get("status") for answer in found] == [status for _s, _b, status in steps]
    assert (found[4]["admitted_stop"], found[5]["phase"]) == (200, 2)
    assert found[-1]["is_killed"] is True
    assert found[-1]["enrolment_closed_at"] is not None
    assert Waiver.objects.exists()


@pytest.mark.parametrize(
    ("step", "body", "expected"),
    [
        ("approve", {}, (403, "person_needed", None)),
        ("reject", {"reason": "x"}, (403, "person_needed", None)),
        ("schedule", {}, (400, "required", "starts_at")),
        ("schedule", {"starts_at": "x"}, (400, "invalid", "starts_at")),
        ("ramp", {}, (400, "required", "percent")),
        ("ramp", {"percent": 0}, (400, "min_value", "percent")),
        ("ramp", {"percent": 5}, (409, "wrong_status", None)),
        ("phase", {"weights": {"treatment": 0}}, (400, "min_value", "weights.treatment")),
        ("phase", {"reason": "x"}, (409, "wrong_status", None)),
        ("kill", {}, (400, "invalid", "reason")),
        ("archive", {}, (409, "wrong_status", None)),
        ("start", {}, (409, "launch_refused", None)),
        ("explode", {}, (404, "not_found", None)),
    ],
)
def test_step__that_cannot_be__says_why_and_changes_nothing(
    site: Site, caller: Caller, step: str, body: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    draft_experiment(site)
    before = Experiment.objects.values().get()

    assert refusal(caller.post(f"{PATH}/{step}", body)) == expected
    assert Experiment.objects.values().get() == before


def test_step__on_a_version_that_is_gone__is_a_409(site: Site, caller: Caller) -> None:
    draft_experiment(site)
    patch(caller, version=1, name="New")

    old = caller.post(f"{PATH}/submit", {"version": 1})
    new = caller.post(f"{PATH}/submit", {"version": 2})

    assert (old.status_code, old.json()["code"]) == (409, "edit_conflict")
    assert new.json()["status"] == "review"


def test_start__on_a_site_with_approvals__is_refused_without_one(
    site: Site, caller: Caller
) -> None:
    Site.objects.update(requires_approval=True)
    draft_experiment(site)

    problem = problem_of(caller.post(f"{PATH}/start", {"waiver": "a test"}))

    assert (problem["status"], problem["code"]) == (409, "approval_missing")


# ── history ─────────────────────────────────────────────────────────────────────────────────────
def test_history__of_an_experiment__is_every_change_newest_first_in_pages(
    site: Site, caller: Caller
) -> None:
    draft_experiment(site)
    draft_experiment(site, "another")
    patch(caller, version=1, name="New", reason="clearer")
    caller.post(f"{PATH}/start", {"waiver": "a test"})

    first = caller.get(f"{PATH}/history?page_size=2").json()
    second = caller.get(first["next"].split("/api/v1/")[1]).json()

    rows = first["results"] + second["results"]
    assert [row["action"] for row in rows] == ["start", "edit", "create"]
    assert second["next"] is None
    assert rows[0]["before"]["status"] == "draft"
    assert rows[0]["after"]["status"] == "running"
    assert (rows[1]["actor"], rows[1]["reason"]) == ("key tests", "clearer")
    assert rows[1]["after"] == {"version": 2, "name": "New"}


def test_history__of_another_site__is_a_404(site: Site) -> None:
    draft_experiment(site)
    stranger = caller_for(a_site("other"), "experiments")

    assert stranger.get(f"{PATH}/history").status_code == 404
