"""What the processes of one test run have for themselves."""

from pathlib import Path

import pytest

from tests.workers import MOST_WORKERS, REDIS_SHARE, numbered, set_apart

SHARED = {
    "ARMATURE_BROKER_URL": "redis://127.0.0.1:6400/0",
    "ARMATURE_CACHE_URL": "redis://127.0.0.1:6400/1",
}


def of_worker(number: int, data_dir: Path) -> dict[str, str]:
    env = {
        **SHARED,
        "ARMATURE_DATA_DIR": str(data_dir),
        "PYTEST_XDIST_WORKER": f"gw{number}",
    }
    set_apart(env)
    return env


def test_set_apart__every_worker__shares_no_folder_and_no_redis_database(tmp_path: Path) -> None:
    workers = [of_worker(number, tmp_path) for number in range(MOST_WORKERS)]

    own = [
        value
        for env in workers
        for value in (
            env["ARMATURE_DATA_DIR"],
            env["ARMATURE_CACHE_URL"],
            env["ARMATURE_BROKER_URL"],
            numbered(env["ARMATURE_BROKER_URL"], REDIS_SHARE - 1),  # of an installation
        )
    ]
    assert len(set(own)) == len(own) == 4 * MOST_WORKERS
    assert all(Path(env["ARMATURE_DATA_DIR"]).is_dir() for env in workers)


@pytest.mark.parametrize("worker", [{}, {"PYTEST_XDIST_WORKER": "master"}])
def test_set_apart__one_process_only__changes_nothing(worker: dict[str, str]) -> None:
    env = {**SHARED, **worker}

    set_apart(env)

    assert env == {**SHARED, **worker}


def test_set_apart__broker_in_a_file__is_left_to_the_data_folder(tmp_path: Path) -> None:
    env = {"ARMATURE_DATA_DIR": str(tmp_path), "PYTEST_XDIST_WORKER": "gw1"}

    set_apart(env)

    assert set(env) == {"ARMATURE_DATA_DIR", "PYTEST_XDIST_WORKER"}
    assert env["ARMATURE_DATA_DIR"] == str(tmp_path / "gw1")
