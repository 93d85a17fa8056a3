"""Experiments of a made-up shop: set up by the product, their units assigned by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from benchmarks._planted.shop import Ints, Rng
from experiments.assignment.bulk import decide_units
from experiments.assignment.hashing import BUCKETS
from experiments.clock import microseconds
from experiments.desks import MetricUse
from experiments.models import Experiment, Layer, Site
from experiments.services import (
    VariantDraft,
    choose_metrics,
    create_experiment,
    create_site,
    end_experiment,
)
from experiments.snapshot.compiling import compilable, compile_experiment

START = datetime(2026, 9, 1, tzinfo=UTC)
START_US = microseconds(START)
SIDE_BY_SIDE = 10  # experiments that share a placement's layer, each with a part of its buckets
METRICS = ("ctr", "conversion", "revenue_per_unit")
SPARE = 1.25  # candidates for each unit that is wanted, since buckets fill unevenly


@dataclass(frozen=True, slots=True)
class Plan:
    """What all experiments of a study have in common."""

    n_units: int
    days: int
    monitoring: str = "fixed"
    mde: Mapping[str, float] = field(default_factory=dict)  # by the metric that decides


def a_site(slug: str) -> Site:
    """Return a simulated site: its clock stands at its latest row."""
    site = create_site(slug=slug, name=slug.title(), is_simulated=True)
    Layer.objects.filter(site=site, key="home").update(seed=f"{slug}:home")
    return site


def a_run(site: Site, plan: Plan, primary: str, *, buckets: int) -> Experiment:
    """Return a running experiment that `primary` decides and the other metrics explain."""
    number = Experiment.objects.filter(site=site).count() + 1
    experiment = create_experiment(
        site=site,
        key=f"run-{number}",
        name=f"Run {number}",
        placement=site.placements.get(key="home"),
        variants=[
            VariantDraft(key="control", name="Control", is_control=True),
            VariantDraft(key="treatment", name="Treatment"),
        ],
        allocation=buckets,
        monitoring=plan.monitoring,
        planned_days=plan.days,
        planned_units=plan.n_units,
        mde=plan.mde.get(primary),
    )
    others = [MetricUse(key, "secondary") for key in METRICS if key != primary]
    uses = [MetricUse(primary, "primary"), *others]
    choose_metrics(experiment_id=experiment.pk, uses=uses, actor="bench")
    # Seeds are random; these make the same run of the same seed.
    Experiment.objects.filter(pk=experiment.pk).update(
        status="running", started_at=START, seed=f"{site.slug}:{experiment.key}"
    )
    return Experiment.objects.select_related("site").get(pk=experiment.pk)


def runs_side_by_side(site: Site, plan: Plan, primaries: Sequence[str]) -> list[Experiment]:
    """Return running experiments of one layer, each with an equal share of its buckets."""
    buckets = BUCKETS // max(len(primaries), 1)
    return [a_run(site, plan, primary, buckets=buckets) for primary in primaries]


def end_all(experiments: Sequence[Experiment]) -> None:
    """End the experiments, so that their buckets are free again."""
    for experiment in experiments:
        end_experiment(experiment_id=experiment.pk)
        experiment.refresh_from_db()


@dataclass(frozen=True, slots=True)
class Assigned:
    """The units that entered an experiment: their ids, and the place of each one's variant."""

    ids: list[str]
    places: Ints


def assigned(experiments: Sequence[Experiment], n_units: int, rng: Rng) -> list[Assigned]:
    """Return the first so many of the layer's units that enter each experiment.

    All units come to the placement; buckets and seeds decide who enters which experiment, and into
    which variant.
    """
    rows = compilable().filter(pk__in=[each.pk for each in experiments]).order_by("pk")
    specs = [compile_experiment(row) for row in rows]
    total = int(n_units * len(specs) * SPARE) + 200 * len(specs)
    mark = f"{int(rng.integers(1 << 62)):x}"
    ids = np.array([f"u-{mark}-{i}" for i in range(total)])
    found = []
    for spec in specs:
        decided = decide_units(spec, ids.tolist())
        rows_in = np.flatnonzero(decided.in_experiment)[:n_units]
        if len(rows_in) < n_units:
            raise RuntimeError(f"{len(rows_in)} of {total} units entered, {n_units} are wanted")
        found.append(Assigned(ids[rows_in].tolist(), decided.variants[rows_in].astype(np.int64)))
    return found


def variant_ids(experiment: Experiment, places: Ints) -> Ints:
    """Return the ids of the variants at these places, in the order of set-up."""
    return np.array([variant.pk for variant in experiment.variants.all()])[places]


def day_of_run(day: int) -> int:
    """Return the moment at which so many days of a run are over, in µs."""
    return microseconds(START + timedelta(days=day))
