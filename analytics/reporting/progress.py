"""How a computation says how far it is, to whoever listens."""

from collections.abc import Callable

# Hears the stage that begins, in words, and how much is done by then, 0 to 1.
Tell = Callable[[str, float], None]


def nobody(stage: str, share: float) -> None:
    """Tell nobody."""
