"""While it runs: how many more units and days until what is sought can be shown, by metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from analytics.errors import AnalyticsError
from analytics.launch.metric_plan import guarding
from analytics.models import Metric
from analytics.stats.planning.design import Correction, Design, Looks
from analytics.stats.planning.projection import Projection, project_to_lift
from analytics.stats.results import Comparison, Estimate, Kind, Monitoring, Status

UNDER_WAY = ("running", "paused")


@dataclass(frozen=True, slots=True)
class Remaining:
    """What a metric still needs, for the treatment that needs most.

    `sought`: the lift to find, or the loss to exclude where `is_guardrail`. `projection`: units and
    days left; None where it cannot be told: nothing is sought, or nothing has varied yet.
    """

    key: str
    name: str
    sought: float | None
    is_guardrail: bool
    projection: Projection | None = None


def remaining_of(
    results: Mapping[str, Any], *, lift: float | None = None, power: float = 0.8
) -> tuple[Remaining, ...]:
    """Return what each metric of a stored report still needs; () while nobody was exposed.

    From the units of each day and the squared error so far, as it is judged: capped, and without
    the units' own past. Never from the effect that was seen. `lift`: what to find, else the
    report's own.
    """
    cumulative = cumulative_of(results)
    if not cumulative:
        return ()
    try:
        design = _design(results, power)
    except AnalyticsError:  # a variant without a weight is compared with nobody
        return ()
    wanted = lift or results["mde"]
    return tuple(_remaining(row, cumulative, wanted, design) for row in results["metrics"])


def cumulative_of(results: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the units of all variants by the end of each day of a stored report."""
    exposures = (results.get("series") or {}).get("exposures", {})
    return tuple(accumulate(map(sum, zip(*exposures.values(), strict=True))))


def _design(results: Mapping[str, Any], power: float) -> Design:
    weights = tuple(float(each["weight"]) for each in results["variants"])
    is_fixed = results["monitoring"] == Monitoring.FIXED
    return Design(
        weights=weights,
        alpha=results["alpha"],
        power=power,
        looks=Looks.FIXED if is_fixed else Looks.ALWAYS_VALID,
        correction=Correction.BONFERRONI if len(weights) > 2 else Correction.NONE,
    )


def _remaining(
    row: Mapping[str, Any], cumulative: Sequence[int], lift: float | None, design: Design
) -> Remaining:
    margin = row["margin"] if row["role"] == Metric.Role.GUARDRAIL else None
    if margin:
        design = guarding(design)
    found = Remaining(row["key"], row["name"], margin or lift, is_guardrail=bool(margin))
    if found.sought is None:
        return found
    return replace(found, projection=_projection(row, cumulative, found.sought, design))


def _projection(
    row: Mapping[str, Any], cumulative: Sequence[int], sought: float, design: Design
) -> Projection | None:
    """Return what the treatment that needs most units still needs; None where one cannot tell."""
    found = [_projected(each, cumulative, sought, design) for each in row["comparisons"].values()]
    told = [each for each in found if each is not None]
    if not told or len(told) < len(found):
        return None
    return max(told, key=lambda each: each.n_needed)


def _projected(
    compared: Mapping[str, Any], cumulative: Sequence[int], sought: float, design: Design
) -> Projection | None:
    try:
        return project_to_lift(_comparison(compared), cumulative, sought, constant=design.constant)
    except AnalyticsError:
        return None


def _comparison(compared: Mapping[str, Any]) -> Comparison:
    """Return of a stored comparison what a projection looks at: units, error, control's value."""
    control, treatment = (
        Estimate(each["n"], each["value"], each["variance"])
        for each in (compared["control"], compared["treatment"])
    )
    return Comparison(
        kind=Kind(compared["kind"]),
        monitoring=Monitoring(compared["monitoring"]),
        alpha=compared["alpha"],
        planned_n=compared["planned_n"],
        control=control,
        treatment=treatment,
        status=Status(compared["status"]),
        lift_status=Status(compared["lift_status"]),
        se=compared["se"],
    )
