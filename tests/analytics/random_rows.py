"""Rows that meet every edge: few units, few moments, awkward amounts."""

import random

from experiments.clock import MICROSECOND
from experiments.models import Event, Experiment, Exposure, Slate
from tests.analytics.metrics import DAY
from tests.analytics.rows import event, exposure, slate
from tests.factories import NOW


def random_rows(experiment: Experiment, chance: random.Random) -> None:
    """Write rows that meet every edge: few units, few moments, awkward amounts."""
    variants = list(experiment.variants.all())
    moments_ = [NOW + days * DAY + us * MICROSECOND for days in (0, 1, 7, 9) for us in (-1, 0, 1)]
    amounts = [None, 0, 1, 65_535, 65_536, 2**31, 2**32, 2**32 + 1, 10**11, 10**13]
    Exposure.objects.bulk_create(
        exposure(
            experiment,
            chance.choice(variants),
            f"u{unit}",
            chance.choice(moments_),
            phase=phase,
            is_multiple=chance.random() < 0.15,
            traffic=chance.choice(["", "", "", "", "bot", "outlier"]),
        )
        for unit in range(12)
        for phase in (1, 2)
    )
    Event.objects.bulk_create(
        event(
            experiment.site,
            chance.choice(["purchase", "purchase", "refund", "view_item", "search"]),
            chance.choice(moments_),
            visitor_id=f"u{chance.randrange(14)}",
            account_id=chance.choice(["", f"u{chance.randrange(14)}"]),
            session_id=chance.choice(["", f"u{chance.randrange(14)}"]),
            amount=chance.choice(amounts),
            quantity=chance.choice([None, 1, 3, 70_000]),
            order_ref=f"o{chance.randrange(5)}",
            order_id=chance.choice(["", "o1", "o2"]),
            refunded=chance.choice([0, 0, 1, 65_537, 10**13]),
            refunded_quantity=chance.choice([0, 0, 2]),
            traffic=chance.choice(["", "", "", "", "internal"]),
            is_verified=chance.random() < 0.7,
        )
        for _ in range(60)
    )
    Slate.objects.bulk_create(
        slate(
            chance.choice(variants),
            f"u{chance.randrange(14)}",
            chance.choice(moments_),
            phase=chance.choice([1, 2]),
            clicked=chance.randrange(2),
            reason=chance.choice(["SPLIT", "SPLIT", "SPLIT", "QA", "OVERRIDE", "NOT_IN_LAYER"]),
        )
        for _ in range(40)
    )
