"""A small bounded store of this process: the oldest goes first, and losing one costs only time."""

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """At most so many values by key. Threads share it: one operation on the dict at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """Return the value of a key, None when it is not kept."""
        return self._values.get(key)

    def put(self, key: K, value: V) -> V:
        """Keep a value in place of the key's old one, or of the oldest; return it."""
        while len(self._values) >= self._most and key not in self._values:
            # Another thread may have taken the same one out, or put one in.
            oldest = next(iter(list(self._values)), None)
            self._values.pop(oldest, None)  # type: ignore[arg-type]
        self._values[key] = value
        return value

    def clear(self) -> None:
        """Let go of everything."""
        self._values = {}
