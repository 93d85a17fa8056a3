"""The sites of an installation apart: one for each split, with the experiment as it is set up."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from analytics.models import AnalysisSettings, ExperimentMetric, FrozenCap, Metric
from analytics.rollups.building import build_phase
from analytics.rollups.states import ask_for_rollups
from config.driving.stages import api_key
from experiments.errors import InvalidInput
from experiments.models import Allocation, Experiment, Layer, Placement, Site
from experiments.services import (
    VariantDraft,
    create_experiment,
    create_site,
    start_experiment,
)
from experiments.sites import new_seed
from recommenders.catalogue import ItemRecord, upsert_items
from recommenders.services import request_training, train_artifact

VERSION = 1_000  # of the metrics; beyond those that every new site has
N_ITEMS = 10
RECOMMENDER = "popularity"
WAIVER = "an A/A replay: every variant shows the same"


@dataclass(frozen=True, slots=True)
class Stage:
    """One split's site with its running experiment and a key that may set its clock."""

    number: int
    experiment: Experiment
    secret: str


def equip(told: Mapping[str, Any], number: int) -> Stage:
    """Return the site of a split, its experiment running and rolled up from its first event on."""
    site = create_site(
        slug=f"aa-{number}",
        name=f"A/A split {number}",
        currency=told["site"]["currency"],
        timezone_name=told["site"]["timezone"],
        is_simulated=True,
    )
    _stock(site)
    placement = _placement(site, told, number)
    experiment = _experiment(placement, told, number)
    running = start_experiment(experiment_id=experiment.pk, actor="aa", waiver=WAIVER)
    ask_for_rollups(running, timezone.now())
    if not build_phase(running.pk, running.phase):
        raise InvalidInput("the rollups of an empty phase were not built")
    return Stage(number, running, api_key(site, "aa"))


def _stock(site: Site) -> None:
    """Give the site something to show: what is shown changes nothing here."""
    items = [ItemRecord(f"item-{i}", f"Item {i}", price=100, stock=9) for i in range(N_ITEMS)]
    upsert_items(site=site, items=items)
    artifact = train_artifact(artifact_id=request_training(site=site, key=RECOMMENDER).pk)
    if artifact is None or artifact.status != "ready":
        raise InvalidInput(f"no list can be served: {artifact.error if artifact else 'busy'}")


def _placement(site: Site, told: Mapping[str, Any], number: int) -> Placement:
    """Return the placement, in a layer of its own.

    No two layers of an installation share a seed: the first split has the real one, with the real
    buckets; the units of the others have entered by it already.
    """
    seed = told["layer_seed"] if number == 0 else new_seed(site.slug)
    layer = Layer.objects.create(site=site, key="aa", name="A/A", seed=seed)
    placement, _made = Placement.objects.update_or_create(
        site=site,
        key=told["placement"],
        defaults={
            "name": told["placement"],
            "layer": layer,
            "parameters": {"recommender": RECOMMENDER},
        },
    )
    return placement


def _experiment(placement: Placement, told: Mapping[str, Any], number: int) -> Experiment:
    experiment = create_experiment(
        site=placement.site,
        placement=placement,
        variants=[VariantDraft(**each) for each in told["variants"]],
        hypothesis="Nothing changes.",
        **told["experiment"],
    )
    if number == 0:
        start, stop = told["buckets"]
        lent = {"start": start, "stop": stop, "admitted_stop": stop}
        Allocation.objects.filter(experiment=experiment).update(**lent)
    Experiment.objects.filter(pk=experiment.pk).update(seed=told["seeds"][number])
    AnalysisSettings.objects.create(experiment=experiment, **told["choices"])
    for metric in told["metrics"]:
        _add_metric(experiment, metric)
    return Experiment.objects.get(pk=experiment.pk)


def _add_metric(experiment: Experiment, told: Mapping[str, Any]) -> None:
    metric = Metric.objects.create(site=experiment.site, version=VERSION, **told["fields"])
    ExperimentMetric.objects.create(
        experiment=experiment, metric=metric, role=told["role"], margin=told["margin"]
    )
    if metric.winsor and experiment.monitoring == Experiment.Monitoring.ALWAYS_VALID:
        FrozenCap.objects.create(
            experiment=experiment,
            metric=metric,
            quantile=metric.winsor,
            cap=told["cap"],
            n_units=0,
            from_us=0,
            until_us=int(time.time() * 1_000_000),
        )
