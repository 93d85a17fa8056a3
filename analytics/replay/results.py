"""What a replay hands to its readers; stored as JSON, so only plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = 1


@dataclass(frozen=True, slots=True)
class ReplayRow:
    """One metric of one treatment over all splits.

    `evidence`: as `ReplayEvidence` writes it. `n_silent`: splits in which it could not be tested.
    `n_claims`: splits in which it was claimed after the correction. `worst`: the split with the
    largest lift: its seed, `lift`, `low`, `high` and `p_value`; {} where no lift is known. `state`:
    good, warn, bad or unknown; `text` says it in words and `action` what to do.
    """

    metric: str
    name: str
    kind: str
    role: str
    treatment: str
    treatment_name: str
    evidence: dict[str, Any]
    n_silent: int
    n_claims: int
    worst: dict[str, Any]
    cap: int | None
    state: str
    text: str
    action: str = ""


@dataclass(frozen=True, slots=True)
class Replay:
    """A whole replay. `alarms`: of the split check, as `AlarmEvidence` writes it, with `state`,
    `text` and `action`. `http`: what the splits through the interface came to, {} without any.
    """

    experiment: str
    site: str
    phase: int
    unit_type: str
    monitoring: str
    alpha: float
    seed: int
    splits: int
    from_us: int
    until_us: int
    n_seen: int
    n_units: int
    variants: tuple[dict[str, Any], ...]
    rows: tuple[ReplayRow, ...]
    alarms: dict[str, Any]
    left_out: dict[str, str] = field(default_factory=dict)
    http: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    version: int = VERSION


def is_off(replay: Mapping[str, Any]) -> bool:
    """Tell whether anything in a stored replay is as it must not be."""
    states = [row["state"] for row in replay["rows"]] + [replay["alarms"]["state"]]
    return "bad" in states or (bool(replay["http"]) and not replay["http"]["agrees"])
