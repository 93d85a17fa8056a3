"""A site's running experiments as GrowthBook's SDKs read them, for evaluation without a call.

Fractions are integers divided by 10 000 and nothing is left to a default of the clients: that is
what makes every SDK agree with the server, unit by unit (docs/decisions/0023-open-standards.md).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from experiments.assignment.hashing import BUCKETS
from experiments.assignment.layers import Range, complement
from experiments.assignment.specs import ExperimentSpec, PlacementSpec, VariantSpec
from experiments.lifecycle import Status
from experiments.snapshot import SiteSpec

Experiments = dict[int, ExperimentSpec]


def features_of(site: SiteSpec) -> dict[str, Any]:
    """Return the features: one per placement and one per experiment, each under its own key.

    Left out is what the payload cannot say: experiments with a fallback unit or kept over a
    sign-in, those that build on one, and placements that one of them decides.
    """
    local = {e.id: e for e in site.experiments.values() if is_local(e, site.experiments)}
    features = {
        placement.key: _feature(default_value(placement.parameters), _running(placement))
        for placement in site.placements.values()
        if all(experiment.id in local for experiment in _running(placement))
    }
    for experiment in local.values():
        if experiment.status == Status.RUNNING:
            features[experiment.key] = _feature(default_value({}), [experiment])
        elif (shipped := shipped_variant(experiment)) is not None:
            rule = {"force": value_of(experiment, shipped)}
            features[experiment.key] = {"defaultValue": default_value({}), "rules": [rule]}
    return features


def _running(placement: PlacementSpec) -> list[ExperimentSpec]:
    return [each for each in placement.experiments if each.status == Status.RUNNING]


def is_local(
    experiment: ExperimentSpec, experiments: Experiments, asking: frozenset[int] = frozenset()
) -> bool:
    """Return whether an SDK can decide an experiment; `asking`: those that build on it."""
    if experiment.is_sticky or experiment.fallback_unit_type or experiment.id in asking:
        return False
    needed = (experiments.get(each.experiment_id) for each in experiment.prerequisites)
    asking |= {experiment.id}
    return all(each is None or is_local(each, experiments, asking) for each in needed)


def shipped_variant(experiment: ExperimentSpec) -> VariantSpec | None:
    """Return the variant that everybody gets since the experiment was decided."""
    return experiment.variant(experiment.shipped) if experiment.status == Status.ENDED else None


def value_of(experiment: ExperimentSpec, variant: VariantSpec) -> dict[str, Any]:
    """Return what a feature or flag is worth to a unit of a variant."""
    return {
        "experiment": experiment.key,
        "variant": variant.key,
        "parameters": variant.parameters,
    }


def default_value(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return what a feature or flag is worth to everybody else."""
    return {"experiment": None, "variant": None, "parameters": parameters}


def _feature(default: dict[str, Any], experiments: list[ExperimentSpec]) -> dict[str, Any]:
    """Return a feature: all overrides go before all splits, as they do on the server."""
    rules = [rule for experiment in experiments for rule in _overrides(experiment)]
    rules += [rule for experiment in experiments for rule in _split(experiment)]
    return {"defaultValue": default, "rules": rules}


def _overrides(experiment: ExperimentSpec) -> Iterator[dict[str, Any]]:
    for variant in experiment.variants:
        forced = [unit for unit, key in experiment.overrides.items() if key == variant.key]
        if forced:
            yield {
                "condition": {_attribute(experiment): {"$in": sorted(forced)}},
                "force": value_of(experiment, variant),
            }


def _split(experiment: ExperimentSpec) -> Iterator[dict[str, Any]]:
    """Yield the experiment's rule; none without buckets, as clients differ about empty ranges."""
    if not experiment.variants or not any(start < stop for start, stop in experiment.allocation):
        return
    rule = {
        "key": experiment.key,
        "name": experiment.key,  # the key again: a name may say what visitors should not read
        "variations": [value_of(experiment, variant) for variant in experiment.variants],
        "meta": [{"key": variant.key, "name": variant.key} for variant in experiment.variants],
        "ranges": _fractions(variant.range for variant in experiment.variants),
        "hashAttribute": _attribute(experiment),
        "hashVersion": 2,
        "seed": experiment.seed,
        "phase": str(experiment.phase),
        "filters": _filters(experiment),
    }
    if experiment.condition:
        rule["condition"] = experiment.condition
    if experiment.prerequisites:
        rule["parentConditions"] = _parents(experiment)
    yield rule


def _attribute(experiment: ExperimentSpec) -> str:
    return f"{experiment.unit_type}_id"


def _fractions(ranges: Iterable[Range]) -> list[list[float]]:
    return [[start / BUCKETS, stop / BUCKETS] for start, stop in ranges]


def _filters(experiment: ExperimentSpec) -> list[dict[str, Any]]:
    """Return whom the layer and the holdouts admit; a client must pass all of them."""
    admitted = [(experiment.layer_seed, list(experiment.allocation))]
    admitted += [(holdout.seed, complement([holdout.range])) for holdout in experiment.holdouts]
    return [
        {
            "seed": seed,
            "ranges": _fractions(ranges),
            "hashVersion": 2,
            "attribute": _attribute(experiment),
        }
        for seed, ranges in admitted
    ]


def _parents(experiment: ExperimentSpec) -> list[dict[str, Any]]:
    return [
        {
            "id": needed.experiment_key,
            "condition": {"value.variant": {"$in": sorted(needed.variants)}},
        }
        for needed in experiment.prerequisites
    ]
