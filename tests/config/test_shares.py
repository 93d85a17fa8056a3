"""How the tests are shared out among processes."""

import pytest

from tests.shares import long_first

MODULES = {"a": 4, "flow": 2, "b": 5, "simulation": 1, "c": 3, "sim2": 3}
TESTS = [f"{module}-{number}" for module, count in MODULES.items() for number in range(count)]


def shared(tests: list[str], n_workers: int) -> list[str]:
    return long_first(
        tests,
        module_of=lambda test: test.split("-")[0],
        is_long=lambda test: test in {"flow-1", "simulation-0", "sim2-0"},
        n_workers=n_workers,
    )


def parts(tests: list[str], n_workers: int) -> list[list[str]]:
    """Return what pytest-xdist gives each worker at first."""
    cut = []
    for left in range(n_workers, 0, -1):
        cut.append(tests[: len(tests) // left])
        tests = tests[len(tests) // left :]
    return cut


@pytest.mark.parametrize("n_workers", [1, 2, 3, 8])
def test_long_first__any_number_of_workers__keeps_every_test_once(n_workers: int) -> None:
    assert sorted(shared(TESTS, n_workers)) == sorted(TESTS)


def test_long_first__three_workers__each_part_begins_with_a_long_module() -> None:
    found = parts(shared(TESTS, 3), 3)

    assert [part[0] for part in found] == ["flow-0", "simulation-0", "sim2-0"]
    assert found[0][:2] == ["flow-0", "flow-1"]
    assert [len(part) for part in found] == [6, 6, 6]


def test_long_first__without_long_ones__changes_nothing() -> None:
    tests = [test for test in TESTS if not test.startswith(("flow", "sim"))]

    assert shared(tests, 3) == tests
