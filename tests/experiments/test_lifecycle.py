"""The table of an experiment's life, action by action."""

import itertools

import pytest

from experiments.errors import TransitionError
from experiments.lifecycle import (
    EDITABLE,
    HOLDS_BUCKETS,
    TRANSITIONS,
    Status,
    actions,
    next_status,
)

ALLOWED = {
    ("draft", "submit"): "review",
    ("draft", "schedule"): "scheduled",
    ("draft", "start"): "running",
    ("review", "approve"): "review",
    ("review", "reject"): "draft",
    ("review", "schedule"): "scheduled",
    ("review", "start"): "running",
    ("scheduled", "unschedule"): "draft",
    ("scheduled", "start"): "running",
    ("running", "pause"): "paused",
    ("running", "kill"): "ended",
    ("running", "end"): "ended",
    ("paused", "start"): "running",
    ("paused", "kill"): "ended",
    ("paused", "end"): "ended",
    ("ended", "archive"): "archived",
}
ACTIONS = sorted({action for _status, action in ALLOWED})


@pytest.mark.parametrize(("status", "action"), list(itertools.product(Status, ACTIONS)))
def test_action__in_each_status__leads_on_or_is_refused(status: Status, action: str) -> None:
    expected = ALLOWED.get((status.value, action))
    if expected is not None:
        assert next_status(status, action).value == expected
        assert action in actions(status)
        return

    with pytest.raises(TransitionError, match=f"^cannot {action} an experiment that is {status}$"):
        next_status(status, action)


def test_refusal__says_what_is_possible_now() -> None:
    with pytest.raises(TransitionError) as running:
        next_status("running", "start")
    with pytest.raises(TransitionError) as archived:
        next_status("archived", "start")

    assert running.value.hint == "Possible now: pause, kill, end."
    assert archived.value.hint == "Possible now: nothing."
    assert running.value.status == 409


def test_action__that_nobody_knows__is_refused() -> None:
    with pytest.raises(TransitionError, match="cannot explode an experiment that is draft"):
        next_status("draft", "explode")


def test_status__that_nobody_knows__is_a_defect() -> None:
    with pytest.raises(ValueError, match="unheard"):
        actions("unheard")


def test_table__every_status_but_the_last__can_be_left_and_reached() -> None:
    reached = {target for targets in TRANSITIONS.values() for target in targets.values()}

    assert set(TRANSITIONS) == set(Status)
    assert reached == set(Status)
    assert [status for status in Status if not actions(status)] == [Status.ARCHIVED]


def test_ended__never_runs_again() -> None:
    seen, waiting = set(), [Status.ENDED]
    while waiting:
        status = waiting.pop()
        seen.add(status)
        waiting += set(TRANSITIONS[status].values()) - seen

    assert seen == {Status.ENDED, Status.ARCHIVED}


def test_editable__and_buckets__exclude_what_has_run_and_what_is_over() -> None:
    assert {Status.RUNNING, Status.PAUSED}.isdisjoint(EDITABLE)
    assert {Status.RUNNING, Status.PAUSED} <= set(HOLDS_BUCKETS)
    assert {Status.ENDED, Status.ARCHIVED}.isdisjoint({*EDITABLE, *HOLDS_BUCKETS})
