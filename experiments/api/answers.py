"""The shapes of what storefronts are answered; the OpenAPI document is made of the same."""

from typing import Any

from msgspec import Struct

from experiments.assignment.specs import Reason


class Assignment(Struct, frozen=True):
    """What one experiment decides for the unit; without a variant, the reason says why."""

    experiment: str
    phase: int
    variant: str | None
    parameters: dict[str, Any] | None
    in_experiment: bool
    reason: Reason


class Assignments(Struct, frozen=True):
    """One decision for each experiment of the site that was ever launched, or the one asked for."""

    assignments: list[Assignment]
