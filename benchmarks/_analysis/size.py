"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Events and units; a list is shown for every fifth event."""

    events: int
    units: int

    @property
    def slates(self) -> int:
        """Return how many lists are shown."""
        return self.events // 5

    @property
    def more(self) -> int:
        """Return how many events one per cent of them are."""
        return max(1, self.events // 100)
