"""The shapes of what storefronts are answered; the OpenAPI document is made of the same."""

from typing import Any

from msgspec import Struct

from experiments.assignment.explain import Verdict
from experiments.assignment.specs import Reason
from experiments.visits import IgnoredToken


class Assignment(Struct, frozen=True, omit_defaults=True):
    """What one experiment decides for the unit; without a variant, the reason says why.

    `unit_type`: whose id was hashed. `kept_token`: of a sticky experiment; send it in `kept` after
    the visitor signs in, and the unit stays what it is.
    """

    experiment: str
    phase: int
    variant: str | None
    parameters: dict[str, Any] | None
    in_experiment: bool
    reason: Reason
    unit_type: str
    kept_token: str | None = None


class Assignments(Struct, frozen=True, omit_defaults=True):
    """One decision for each experiment of the site that was ever launched, or the one asked for.

    `ignored`: tokens of the question that changed nothing.
    """

    assignments: list[Assignment]
    ignored: list[IgnoredToken] = []


class ExplainedStep(Struct, frozen=True):
    """One step of a decision: what was looked at, and whether it let the unit through."""

    name: str
    verdict: Verdict
    value: Any
    detail: str


class ExplainedAssignment(Struct, frozen=True):
    """A decision with every step that led to it; `decided_by` names the step that settled it."""

    experiment: str
    status: str
    phase: int
    variant: str | None
    in_experiment: bool
    reason: Reason
    unit_type: str
    unit_id: str
    decided_by: str
    steps: list[ExplainedStep]


class Explanations(Struct, frozen=True, omit_defaults=True):
    """One explanation for each experiment of the site, or the one asked for."""

    explanations: list[ExplainedAssignment]
    ignored: list[IgnoredToken] = []
