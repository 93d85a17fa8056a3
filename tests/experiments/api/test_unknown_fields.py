"""A misspelt field of a management endpoint is refused, not passed over."""

from typing import Any

import pytest

from experiments import services
from experiments.models import Experiment
from tests.callers import Caller, caller_for, refusal
from tests.experiments.api.endpoints import EXPERIMENT
from tests.factories import a_site, draft_experiment, stocked

pytestmark = pytest.mark.django_db
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "experiments"): EXPERIMENT,
    ("PATCH", "experiments/home-test"): {"version": 1},
    ("POST", "experiments/home-test/submit"): {},
    ("POST", "experiments/home-test/waive"): {"code": "owner", "reason": "a test"},
    ("POST", "experiments/home-test/clone"): {"key": "again", "name": "Again"},
    ("POST", "experiments/home-test/decide"): {"outcome": "other", "reason": "a test"},
    ("POST", "experiments/home-test/links"): {"variant": "control"},
    ("POST", "templates/aa"): {"key": "again", "name": "Again", "placement": "home"},
    ("POST", "webhooks"): {"name": "Chat", "url": "https://93.184.216.34/"},
    ("PATCH", "webhooks/{hook}"): {"name": "Chat"},
}


@pytest.fixture
def caller() -> Caller:
    site = a_site()
    stocked(site, 3)
    draft_experiment(site)
    return caller_for(site)


@pytest.mark.parametrize("endpoint", BODIES)
def test_field__unknown__is_refused_by_name_and_changes_nothing(
    caller: Caller, endpoint: tuple[str, str]
) -> None:
    method, path = endpoint
    hook, _secret = services.create_webhook(
        site=Experiment.objects.get().site, name="Log", url="https://93.184.216.34/"
    )

    answer = caller.send(method, path.format(hook=hook.pk), BODIES[endpoint] | {"surprise": 1})

    assert refusal(answer) == (400, "unknown_field", "surprise")
    assert Experiment.objects.get().version == 1
    hook.refresh_from_db()
    assert hook.name == "Log"


def test_field__misspelt__is_told_with_the_one_that_was_meant(caller: Caller) -> None:
    answer = caller.send("PATCH", "experiments/home-test", {"version": 1, "planned_day": 7})

    assert refusal(answer) == (400, "unknown_field", "planned_day")
    assert "did you mean 'planned_days'?" in answer.json()["detail"]


def test_field__unknown_within_a_list__is_named_with_its_place(caller: Caller) -> None:
    variants = [EXPERIMENT["variants"][0], {"key": "b", "name": "B", "wieght": 9}]

    answer = caller.send("POST", "experiments", EXPERIMENT | {"variants": variants})

    assert refusal(answer) == (400, "unknown_field", "variants[1].wieght")
