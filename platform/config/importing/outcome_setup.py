"""The experiment that imported outcomes belong to: its variants, its metrics, its life."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.text import slugify

from analytics.models import Metric
from config.importing.records import SourceError
from experiments.desks import MetricUse
from experiments.lifecycle import Status
from experiments.models import Experiment, Layer, Phase, Site
from experiments.services import (
    VariantDraft,
    choose_metrics,
    create_experiment,
    end_experiment,
    start_experiment,
)
from experiments.sites import new_seed

ACTOR = "import_experiment"
KEY, LAYER, TYPE = 80, 50, 64  # characters of keys of metrics and layers, and of event types


@dataclass(frozen=True, slots=True)
class Setup:
    """What is asked for: the experiment's key, its control, its dates, and why it may be short."""

    key: str
    control: str
    started_at: datetime
    days: int
    reason: str

    @property
    def ended_at(self) -> datetime:
        """Return when it ended: the last unit's window is over then."""
        return self.started_at + timedelta(days=self.days)


@transaction.atomic
def prepare(
    site: Site, setup: Setup, variants: Sequence[str], outcomes: Mapping[str, str]
) -> Experiment:
    """Return the running experiment that rows can be brought into; one that is there is taken.

    Raises SourceError on a control that is no variant, and when an experiment of this key is
    another one, with other variants.
    """
    if setup.control not in variants:
        raise SourceError(f"the control {setup.control!r} is none of {', '.join(variants)}")
    found = Experiment.objects.filter(site=site, key=setup.key).first()
    if found is not None:
        _require_same(found, variants)
        return found
    experiment = _create(site, setup, variants)
    choose_metrics(
        experiment_id=experiment.pk, uses=_metrics(site, setup.key, outcomes), actor=ACTOR
    )
    return start_experiment(experiment_id=experiment.pk, actor=ACTOR, waiver=setup.reason)


def _require_same(experiment: Experiment, variants: Sequence[str]) -> None:
    names = set(experiment.variants.values_list("name", flat=True))
    if names != set(variants):
        has = ", ".join(sorted(names))
        raise SourceError(f"there is an experiment {experiment.key!r} with other variants: {has}")


def _create(site: Site, setup: Setup, variants: Sequence[str]) -> Experiment:
    # A layer of its own: it decides nothing, and takes no buckets of what runs.
    layer = Layer.objects.create(
        site=site,
        key=f"past-{setup.key}"[:LAYER],
        name=f"Past: {setup.key}",
        seed=new_seed(setup.key),
    )
    ordered = [setup.control, *(name for name in variants if name != setup.control)]
    return create_experiment(
        site=site,
        key=setup.key,
        name=setup.key.replace("-", " ").capitalize(),
        layer=layer,
        variants=[
            VariantDraft(slugify(name) or f"variant-{place}", name, is_control=not place)
            for place, name in enumerate(ordered)
        ],
        actor=ACTOR,
        monitoring=Experiment.Monitoring.FIXED,
        planned_days=setup.days,
        window_days=setup.days,
    )


def _metrics(site: Site, key: str, outcomes: Mapping[str, str]) -> list[MetricUse]:
    """Return the uses of a plain metric for each outcome, uncapped; the first decides."""
    rows = [_metric(site, key, column, kind) for column, kind in outcomes.items()]
    for row in rows:
        if not Metric.objects.filter(site=site, key=row.key).exists():
            row.save()
    roles = [Metric.Role.PRIMARY, *[Metric.Role.SECONDARY] * (len(rows) - 1)]
    return [MetricUse(row.key, role) for row, role in zip(rows, roles, strict=True)]


def _metric(site: Site, key: str, column: str, kind: str) -> Metric:
    summed = {"count": {"sum": "quantity"}, "money": {"sum": "amount"}}.get(kind, {})
    return Metric(
        site=site,
        key=slugify(f"{key}-{column}")[:KEY],
        name=column.replace("_", " ").capitalize(),
        kind=Metric.Kind.BINARY if kind == "binary" else Metric.Kind.MEAN,
        numerator={"source": "events", "type": event_type(key, column), **summed},
        format={"binary": "percent", "money": "money"}.get(kind, "number"),
        default_role="",
    )


def event_type(key: str, column: str) -> str:
    """Return the type of the events of an outcome: of this experiment alone.

    >>> event_type("cookie-cats", "retention_1")
    'cookie-cats:retention_1'
    """
    return f"{key}:{column}"[:TYPE]


@transaction.atomic
def conclude(experiment: Experiment, setup: Setup) -> None:
    """End the experiment and date it back to when it ran; again it changes nothing."""
    if experiment.status != Status.ENDED:
        end_experiment(experiment_id=experiment.pk, actor=ACTOR, reason=setup.reason)
    dates = {"started_at": setup.started_at, "ended_at": setup.ended_at}
    Experiment.objects.filter(pk=experiment.pk).update(**dates)
    Phase.objects.filter(experiment=experiment).update(**dates)
