"""What a check of the trust gate says: state, one sentence, evidence, what to do. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from analytics.stats.results import CheckLevel, Plain, Status
from analytics.stats.validity.findings import Finding as StatsFinding

Cell = str | int


class State(StrEnum):
    """How grave a finding is; `bad` withholds the verdict, `unknown` says what is missing."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


STATES = {CheckLevel.OK: State.GOOD, CheckLevel.WARN: State.WARN, CheckLevel.BLOCK: State.BAD}
GRAVEST_FIRST = (State.BAD, State.WARN, State.UNKNOWN, State.GOOD)


@dataclass(frozen=True, slots=True)
class Table(Plain):
    """The numbers behind a finding; cells are counts or text, never fractions to be formatted."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Finding(Plain):
    """One check's answer.

    `causes`: the likeliest first. `since_us`: from when on analyses found it in this state, None
    for the first time.
    """

    code: str
    state: State
    claim: str
    evidence: str
    causes: tuple[str, ...] = ()
    action: str = ""
    table: Table | None = None
    since_us: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as it is stored with the report."""
        return Plain.to_dict(self)


def unknown(code: str, claim: str, evidence: str, *, table: Table | None = None) -> Finding:
    """Return a finding that could not judge, with what is missing."""
    return Finding(code, State.UNKNOWN, claim, evidence, table=table)


def from_stats(
    code: str, found: StatsFinding[Any], evidence: str, *, table: Table | None = None
) -> Finding:
    """Return what a check of the statistics found as a finding of the gate.

    Without data to judge by, its state is unknown: absence of data is neither fault nor proof.
    """
    if found.status is not Status.OK:
        return unknown(code, found.summary, evidence, table=table)
    return Finding(
        code, STATES[found.level], found.summary, evidence, found.causes, found.action, table
    )


def gravest(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings, the gravest first; those of one state in the order of the checks."""
    return tuple(sorted(findings, key=lambda each: GRAVEST_FIRST.index(each.state)))


def since(finding: Finding, at_us: int | None) -> Finding:
    """Return the finding with the moment from which on it has been in its state."""
    return replace(finding, since_us=at_us)
