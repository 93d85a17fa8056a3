"""In which order several processes take the tests, so that none ends long after the others."""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

Test = TypeVar("Test")


def long_first(
    tests: Sequence[Test],
    *,
    module_of: Callable[[Test], Hashable],
    is_long: Callable[[Test], bool],
    n_workers: int,
) -> list[Test]:
    """Return the tests in an order of which each worker's part begins with long modules.

    pytest-xdist first cuts the order into parts of one length, a worker each; who runs out takes
    from the end of another's. Modules stay whole, and the long ones are dealt out in turn.
    """
    long = dict.fromkeys(module_of(test) for test in tests if is_long(test))
    worker_of = {module: number % n_workers for number, module in enumerate(long)}
    rest = [test for test in tests if module_of(test) not in worker_of]
    ordered: list[Test] = []
    for worker in range(n_workers):
        own = [test for test in tests if worker_of.get(module_of(test)) == worker]
        room = max(0, (len(tests) - len(ordered)) // (n_workers - worker) - len(own))
        ordered += own + rest[:room]
        rest = rest[room:]
    return ordered + rest
