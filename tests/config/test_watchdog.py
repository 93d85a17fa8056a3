"""When the watchdog restarts the worker: no progress, not merely age."""

from typing import Any

import pytest

from config.watchdog import Judge


def said(age_s: float, batch: str | None = "a") -> dict[str, Any]:
    return {"oldest_age_s": age_s, "oldest_received_at": batch}


@pytest.fixture
def judge() -> Judge:
    return Judge(stuck_s=60)


def test_worker__whose_oldest_batch_stays_for_a_minute__is_stuck_once(judge: Judge) -> None:
    verdicts = [judge.is_stuck(said(now), now) for now in range(0, 120, 10)]

    assert verdicts.index(True) == 7  # 70 s: within ten of the minute
    assert verdicts.count(True) == 1


def test_worker__that_stays_stuck__is_restarted_ever_more_rarely(judge: Judge) -> None:
    restarts = [now for now in range(0, 2000, 10) if judge.is_stuck(said(now), now)]

    assert restarts == [70, 190, 430, 910, 1510]


def test_worker__behind_but_applying__is_left_alone(judge: Judge) -> None:
    verdicts = [judge.is_stuck(said(300, f"batch-{now}"), now) for now in range(0, 300, 10)]

    assert not any(verdicts)


def test_worker__with_nothing_to_do__is_left_alone(judge: Judge) -> None:
    assert not any(judge.is_stuck(said(0.0, None), now) for now in range(0, 300, 10))


def test_worker__of_a_database_that_is_away__is_left_alone(judge: Judge) -> None:
    unknown = {"oldest_age_s": None, "oldest_received_at": None}

    assert not any(judge.is_stuck(unknown, now) for now in range(0, 300, 10))
