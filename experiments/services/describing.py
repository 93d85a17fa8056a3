"""An experiment's set-up as a small document: what editors compare and the audit keeps."""

from collections.abc import Callable, Mapping
from typing import Any

from experiments.models import Allocation, Experiment, Variant
from experiments.services.audit import plain, record_step

# Fields of the row that editors may set as they are.
ROW_FIELDS = (
    "key",
    "name",
    "hypothesis",
    "hypothesis_change",
    "hypothesis_because",
    "expected_direction",
    "unit_type",
    "fallback_unit_type",
    "is_sticky",
    "eligibility",
    "window_days",
    "monitoring",
    "planned_days",
    "planned_units",
    "mde",
    "owner",
    "starts_at",
    "ends_at",
)
VARIANT_FIELDS = ("key", "name", "weight", "is_control", "parameters")


def describe(experiment: Experiment) -> dict[str, Any]:
    """Return the set-up as JSON: the row's fields, its place, variants, buckets, ramp and phase.

    `allocation`: how many buckets, not which: they move while nobody has met a variant.
    """
    return {
        **describe_row(experiment),
        "placement": plain(experiment.placement),
        "layer": plain(experiment.own_layer),
        "variants": describe_variants(experiment),
        "allocation": _buckets(experiment),
        "ramp": list(
            experiment.ramp_steps.order_by("position").values(
                "percent", "after_hours", "needs_guardrails"
            )
        ),
        "phase": experiment.phase,
    }


def describe_row(experiment: Experiment) -> dict[str, Any]:
    """Return the fields of the row that editors set, as JSON; the row may be unsaved."""
    return {name: plain(getattr(experiment, name)) for name in ROW_FIELDS}


def describe_variants(experiment: Experiment) -> list[dict[str, Any]]:
    """Return the variants in order, as they are in the database now."""
    rows = Variant.objects.filter(experiment=experiment).order_by("position", "id")
    return [dict(row) for row in rows.values(*VARIANT_FIELDS)]


def _buckets(experiment: Experiment) -> int | None:
    row = Allocation.objects.filter(experiment=experiment).first()
    return row.stop - row.start if row else None


def apply_edit(
    experiment: Experiment,
    change: Callable[[], object],
    *,
    action: str,
    actor: str,
    reason: str = "",
) -> bool:
    """Carry out a change; if it changed something, raise the version and put it on record.

    Returns whether something changed. The row has to be locked.
    """
    before = describe(experiment)
    change()
    after = describe(experiment)
    if not (changed := [name for name, value in after.items() if value != before[name]]):
        return False
    old = _only(changed, before) | {"version": experiment.version}
    experiment.version += 1
    experiment.save(update_fields=["version"])
    new = _only(changed, after) | {"version": experiment.version}
    record_step(experiment, action, actor=actor, before=old, after=new, reason=reason)
    return True


def _only(names: list[str], document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in names}
