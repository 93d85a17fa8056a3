"""Documents that wait in the inbox, as the endpoints write them."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection

from experiments.drain import drain_once
from experiments.intake.inbox import Sender, store_events, write_slates
from experiments.intake.shapes import EventIn, encoder
from experiments.intake.slates import ServedSlate
from experiments.models import Experiment, InboxBatch, Site, Variant
from tests.factories import NOW

MAX_PASSES = 20


def an_event(kind: str = "view_item", *, at: datetime = NOW, **fields: Any) -> dict[str, Any]:
    """Return an event with an id of its own; its unit is the visitor v-1 unless told."""
    event = {
        "event_id": str(uuid.uuid4()),
        "type": kind,
        "occurred_at": at.isoformat(),
        "unit": {"visitor_id": "v-1"},
    }
    return event | fields


def a_purchase(amount: int, **fields: Any) -> dict[str, Any]:
    """Return a purchase of so many minor units."""
    return an_event("purchase", value={"amount": amount, "currency": "EUR"}, **fields)


def put_events(
    site: Site,
    *events: dict[str, Any],
    now: datetime = NOW,
    is_trusted: bool = True,
    skew: timedelta = timedelta(),
) -> None:
    """Let one batch of accepted events wait."""
    bodies = [encoder.encode(msgspec.convert(event, EventIn)) for event in events]
    store_events(site.pk, bodies, Sender(is_trusted, now, skew=skew), received_at=now)


def put_poison(site: Site) -> InboxBatch:
    """Let a batch wait that no code of ours wrote."""
    return InboxBatch.objects.create(
        site=site, kind=InboxBatch.Kind.EVENTS, received_at=NOW, doc='{"events": [{}]}'
    )


def a_slate(
    site: Site, *, variant: Variant | None = None, at: datetime = NOW, **fields: Any
) -> ServedSlate:
    """Return a list served to v-1, in an experiment when a variant is given."""
    unit: dict[str, Any] = {"visitor_id": "v-1"}
    if variant is not None:
        unit |= {
            "experiment_id": variant.experiment_id,
            "phase": variant.experiment.phase,
            "variant_id": variant.pk,
            "unit_id": fields.get("visitor_id", "v-1"),
            "unit_type": "visitor",
            "reason": "SPLIT",
        }
    return ServedSlate(
        **{
            "site_id": site.pk,
            "request_id": uuid.uuid4(),
            "placement": "home",
            "served_at": at,
            **unit,
            **fields,
        }
    )


def put_slates(*slates: ServedSlate) -> None:
    """Let one batch of served lists wait."""
    write_slates(slates)


def apply_all() -> None:
    """Apply everything that waits; what is set aside waits no longer."""
    for _ in range(MAX_PASSES):
        drain_once()
        if not InboxBatch.objects.exists():
            return
    raise AssertionError("the inbox does not empty")


def variants_of(experiment: Experiment) -> dict[str, Variant]:
    """Return an experiment's variants by key."""
    return {variant.key: variant for variant in experiment.variants.select_related("experiment")}


@contextmanager
def refused_writes(table: str) -> Iterator[None]:
    """Let the database refuse to write a table, as it does while it is locked or read only."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only=ON")
            yield
            cursor.execute("PRAGMA query_only=OFF")
        return
    other = connection.copy()
    other.set_autocommit(False)
    with connection.cursor() as cursor, other.cursor() as locker:
        locker.execute(f"LOCK TABLE {table} IN SHARE MODE")
        cursor.execute("SET lock_timeout = '20ms'")
        yield
        cursor.execute("RESET lock_timeout")
    other.rollback()
    other.close()
