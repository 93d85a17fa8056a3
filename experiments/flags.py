"""Placements and experiments as flags: what OpenFeature's clients are answered."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from experiments.assignment.assign import decide_experiment, decide_placement
from experiments.assignment.specs import Decision, ExperimentSpec, PlacementSpec, Reason, Visit
from experiments.errors import NotFound
from experiments.payload import default_value
from experiments.snapshot import SiteSpec

Source = PlacementSpec | ExperimentSpec
DEFAULT = "default"
# The standard's reasons; ours are finer and go into the metadata. Anything else is a default.
REASONS = {
    Reason.SPLIT: "SPLIT",
    Reason.OVERRIDE: "TARGETING_MATCH",
    Reason.QA: "TARGETING_MATCH",
    Reason.PAUSED: "DISABLED",
    Reason.NOT_STARTED: "DISABLED",
    Reason.ENDED: "DISABLED",
    Reason.KILLED: "DISABLED",
}


@dataclass(frozen=True, slots=True)
class Flag:
    """One evaluated flag; `value` is the one that the local payload gives the same unit."""

    key: str
    value: dict[str, Any]
    reason: str
    variant: str
    metadata: dict[str, str | int | bool]


def flag_sources(site: SiteSpec) -> Iterator[Source]:
    """Yield what has a flag: every placement and every experiment that anybody may hear of."""
    yield from site.placements.values()
    yield from site.published


def flag_source(site: SiteSpec, key: str) -> Source:
    """Return the placement or experiment of a flag; raises NotFound with the flags that exist."""
    if (placement := site.placements.get(key)) is not None:
        return placement
    found = next((each for each in site.published if each.key == key), None)
    if found is None:
        known = [each.key for each in flag_sources(site)]
        raise NotFound(f"there is no flag {key[:100]!r}", known=known)
    return found


def evaluate(site: SiteSpec, source: Source, visit: Visit) -> Flag:
    """Return a flag as it is for a visit."""
    if isinstance(source, PlacementSpec):
        decision = decide_placement(source, visit, site.experiments)
    else:
        decision = decide_experiment(source, visit, site.experiments)
    is_shipped = decision.variant is not None and decision.reason == Reason.ENDED
    return Flag(
        key=source.key,
        value=_value(decision),
        reason="STATIC" if is_shipped else REASONS.get(decision.reason, "STATIC"),
        variant=decision.variant.key if decision.variant else DEFAULT,
        metadata=_metadata(decision),
    )


def _value(decision: Decision) -> dict[str, Any]:
    if decision.variant is None:
        return default_value(decision.parameters)
    return {
        "experiment": decision.experiment_key,
        "variant": decision.variant.key,
        "parameters": decision.parameters,
    }


def _metadata(decision: Decision) -> dict[str, str | int | bool]:
    """Return what the standard has no field for; its values may not be null."""
    known: dict[str, str | int | bool | None] = {
        "reason": decision.reason.value,
        "inExperiment": decision.in_experiment,
        "experiment": decision.experiment_key,
        "phase": decision.phase,
    }
    return {name: value for name, value in known.items() if value is not None}
