"""What a check of the gate found, beside what it demands and what to do."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How a check came out; what could not be judged has not passed."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    EXEMPT = "exempt"  # the check does not apply to this algorithm


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. `is_hard`: an artifact that fails it could not serve, so even the first may not.

    `fix` is "" where nothing has to be done.
    """

    code: str
    name: str
    state: State
    found: str
    demanded: str
    fix: str = ""
    is_hard: bool = False

    @property
    def stands(self) -> bool:
        """Return whether the check is no reason against the artifact."""
        return self.state in (State.PASSED, State.EXEMPT)

    def document(self) -> dict[str, Any]:
        """Return the finding as JSON holds it."""
        return {**asdict(self), "state": self.state.value}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Finding":
        """Return the finding that a document tells."""
        return cls(**{**document, "state": State(document["state"])})


def against(findings: Iterable[Finding], *, is_hard: bool = False) -> list[Finding]:
    """Return the findings that speak against promotion; of `is_hard`, only the hard ones."""
    return [each for each in findings if not each.stands and (each.is_hard or not is_hard)]


def may_promote(findings: Iterable[Finding], *, is_first: bool) -> bool:
    """Return whether an artifact may be promoted without a person's word.

    Of the first one of a recommender only the hard checks are asked: nothing better is there that
    it would replace. Without any finding nothing may be promoted.
    """
    found = list(findings)
    return bool(found) and not against(found, is_hard=is_first)


def summary(findings: Iterable[Finding]) -> str:
    """Return in one line what speaks against an artifact, "" when nothing does."""
    return "; ".join(f"{each.name}: {each.found}" for each in against(findings))
