"""Letting a warning be: with a reason, on record, and only what is a warning."""

import pytest

from experiments.errors import InvalidInput, LaunchRefused, NotFound
from experiments.launching import launch_checks, open_warnings
from experiments.models import Change, Experiment, Site, Waiver
from experiments.services import start_experiment, waive_check
from tests.experiments.sites import a_ready_site
from tests.factories import draft_experiment

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_ready_site()


@pytest.fixture
def experiment(site: Site) -> Experiment:
    return draft_experiment(site)


def waive(experiment: Experiment, code: str, reason: str = "The season decides.") -> Waiver:
    return waive_check(experiment_id=experiment.pk, code=code, reason=reason, actor="pia")


def test_waive__warning__is_told_with_the_check_and_on_record(experiment: Experiment) -> None:
    waive(experiment, "end_date")

    [check] = [each for each in launch_checks(experiment) if each.code == "end_date"]
    change = Change.objects.get(action="waive")
    assert check.waived == "The season decides. (pia)"
    assert not check.passed
    assert (change.actor, change.reason) == ("pia", "The season decides.")
    assert change.after["check"] == "end_date"


def test_waive__a_second_time__replaces_the_reason_and_keeps_both_on_record(
    experiment: Experiment,
) -> None:
    waive(experiment, "end_date")
    waive(experiment, "end_date", "It ends with the sale.")

    assert Waiver.objects.get().reason == "It ends with the sale."
    assert Change.objects.filter(action="waive").count() == 2
    assert Change.objects.filter(action="waive")[0].before["reason"] == "The season decides."


def test_waive__every_warning__lets_it_start_without_another_word(experiment: Experiment) -> None:
    with pytest.raises(LaunchRefused):
        start_experiment(experiment_id=experiment.pk)

    for check in open_warnings(launch_checks(experiment)):
        waive(experiment, check.code)

    assert open_warnings(launch_checks(Experiment.objects.get())) == []
    assert start_experiment(experiment_id=experiment.pk).status == "running"


@pytest.mark.parametrize("reason", ["", "  \n ", "a\x00b"])
def test_waive__without_a_reason_that_can_be_kept__is_refused(
    experiment: Experiment, reason: str
) -> None:
    with pytest.raises(InvalidInput):
        waive(experiment, "end_date", reason)

    assert not Waiver.objects.exists()


def test_waive__unknown_code__names_those_that_exist(experiment: Experiment) -> None:
    with pytest.raises(NotFound, match="unknown check 'nope'") as refusal:
        waive(experiment, "nope")

    assert "end_date" in str(refusal.value.hint)


def test_waive__check_that_passed__is_refused(experiment: Experiment) -> None:
    with pytest.raises(InvalidInput, match="has passed: nothing to waive"):
        waive(experiment, "overlap")


def test_waive__hard_check__is_refused_with_its_fix(experiment: Experiment) -> None:
    experiment.variants.update(is_control=False)

    with pytest.raises(InvalidInput, match="cannot be waived") as refusal:
        waive(experiment, "control")

    assert refusal.value.hint == "Mark one variant as the control."


def test_waive__once_it_runs__is_refused(experiment: Experiment) -> None:
    start_experiment(experiment_id=experiment.pk, waiver="a test")

    with pytest.raises(InvalidInput, match="the experiment is running"):
        waive(experiment, "end_date")
