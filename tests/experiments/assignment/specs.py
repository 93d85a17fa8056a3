"""Experiments as assignment sees them, for tests."""

from collections.abc import Sequence
from typing import Any

from experiments.assignment.hashing import BUCKETS
from experiments.assignment.layers import Range, variant_ranges
from experiments.assignment.specs import ExperimentSpec, PlacementSpec, VariantSpec


def a_spec(
    key: str = "home-test",
    *,
    weights: Sequence[int] = (1, 1),
    allocation: Sequence[Range] = ((0, BUCKETS),),
    **fields: Any,
) -> ExperimentSpec:
    """Return a running experiment whose variants are called v0, v1 and so on."""
    variants = tuple(
        VariantSpec(index, f"v{index}", f"Variant {index}", span, {"shows": index})
        for index, span in enumerate(variant_ranges(weights))
    )
    given: dict[str, Any] = {
        "id": 1,
        "key": key,
        "placement": "home",
        "unit_type": "visitor",
        "status": "running",
        "phase": 1,
        "seed": f"{key}:seed",
        "layer_seed": "layer:home",
        "allocation": tuple(allocation),
        "variants": variants,
    }
    return ExperimentSpec(**given | fields)


def a_placement(*experiments: ExperimentSpec) -> PlacementSpec:
    """Return the home placement, which by itself serves `{"shows": "default"}`."""
    return PlacementSpec("home", {"shows": "default"}, experiments)
