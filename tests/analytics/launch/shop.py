"""A shop that was there before any experiment: whoever came in the last days, and who bought."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from analytics.models import ExperimentMetric, Metric
from experiments.models import Event, Experiment, Slate
from tests.analytics.rows import event, slate

DAY = timedelta(days=1)


def choose(experiment: Experiment, **roles: str) -> None:
    """Give an experiment metrics by key and role."""
    for key, role in roles.items():
        metric = Metric.objects.get(site=experiment.site, key=key)
        ExperimentMetric.objects.create(experiment=experiment, metric=metric, role=role)


def guard(experiment: Experiment, margin: float, *keys: str) -> None:
    """Give an experiment guardrails, each of which may lose so much."""
    choose(experiment, **dict.fromkeys(keys, Metric.Role.GUARDRAIL.value))
    rows = ExperimentMetric.objects.filter(experiment=experiment, metric__key__in=keys)
    rows.update(margin=margin)


def visit(experiment: Experiment, units: int, buyers: int, days: int = 28) -> None:
    """Write as many visitors of the home page, evenly over the days, the first of whom buy."""
    variant = experiment.variants.get(is_control=True)
    now = timezone.now()
    moments = [now - DAY * days * (1 - (i + 0.5) / units) for i in range(units)]
    Slate.objects.bulk_create(slate(variant, f"v-{i}", at) for i, at in enumerate(moments))
    Event.objects.bulk_create(
        event(experiment.site, "purchase", moments[i], visitor_id=f"v-{i}", amount=1000 + i)
        for i in range(0, units, units // buyers)
    )


def bought_before(experiment: Experiment, amounts: Sequence[int]) -> None:
    """Let the first visitors have bought for so much, each on the day before its first list."""
    begun = dict(Slate.objects.order_by("-ts_us").values_list("visitor_id", "served_at"))
    Event.objects.bulk_create(
        event(
            experiment.site,
            "purchase",
            begun[f"v-{i}"] - DAY,
            visitor_id=f"v-{i}",
            amount=amount,
            order_ref=f"before-{i}",
        )
        for i, amount in enumerate(amounts)
        if amount
    )
