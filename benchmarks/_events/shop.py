"""The site that events are applied to, its lists, and an experiment kept rolled up."""

import random
import uuid
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

from analytics.models import RollupState
from analytics.rollups.building import build_phase
from analytics.rollups.states import ask_for_rollups
from benchmarks._events.mix import VISITORS, uuid7
from experiments.clock import microseconds
from experiments.drain.slates import apply_slates
from experiments.intake.inbox import write_slates
from experiments.intake.slates import ServedSlate
from experiments.models import Experiment, InboxBatch, Site
from experiments.services import VariantDraft, create_experiment, create_site

LISTS = 20_000
METRICS = ("revenue_per_unit", "conversion", "ctr")
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"
EXPOSE = """INSERT INTO experiments_exposure (experiment_id, phase, unit_id, unit_type,
    variant_id, first_at, ts_us, day, attributes, is_multiple, traffic)
{numbers} SELECT %s, 1, 'v-' || i, '', CASE WHEN i %% 2 = 0 THEN %s ELSE %s END, %s, %s, %s,
    '{{}}', {false}, '' FROM n"""


def a_shop(slug: str) -> Site:
    """Return a new site with its built-in metrics."""
    return create_site(slug=slug, name="Benchmark", timezone_name="Europe/Berlin")


def served_lists(site: Site, now: datetime, seed: int) -> list[uuid.UUID]:
    """Store lists that were served in the last hour; return their request ids."""
    rng = random.Random(seed)
    served = [
        ServedSlate(
            site_id=site.pk,
            request_id=uuid7(now - timedelta(hours=1), rng),
            placement="home",
            served_at=now - timedelta(hours=1),
            visitor_id=f"v-{rng.randrange(VISITORS)}",
        )
        for _ in range(LISTS)
    ]
    write_slates(served)
    apply_slates(list(InboxBatch.objects.filter(kind="slates")))
    InboxBatch.objects.filter(kind="slates").delete()
    return [slate.request_id for slate in served]


def rolled_up(site: Site) -> Experiment:
    """Return a running experiment that all visitors are in, its three metrics rolled up."""
    experiment = create_experiment(
        site=site,
        key="benchmark",
        name="Benchmark",
        placement=site.placements.first(),
        variants=[
            VariantDraft(key="control", name="Control", is_control=True),
            VariantDraft(key="treatment", name="Treatment"),
        ],
    )
    start = timezone.now() - timedelta(days=1)
    Experiment.objects.filter(pk=experiment.pk).update(status="running", started_at=start)
    experiment = Experiment.objects.select_related("site").get(pk=experiment.pk)
    _expose(experiment, start)
    ask_for_rollups(experiment, timezone.now())
    RollupState.objects.exclude(metric__key__in=METRICS).delete()
    build_phase(experiment.pk, 1)
    return experiment


def _expose(experiment: Experiment, at: datetime) -> None:
    control, treatment = experiment.variants.order_by("pk").values_list("pk", flat=True)
    is_sqlite = connection.vendor == "sqlite"
    statement = EXPOSE.format(numbers=NUMBERS, false="0" if is_sqlite else "false")
    moment = connection.ops.adapt_datetimefield_value(at.astimezone(UTC))
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            [VISITORS - 1, experiment.pk, control, treatment, moment, microseconds(at),
             at.date().isoformat()],
        )  # fmt: skip
