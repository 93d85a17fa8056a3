"""Equipping the demonstration: its site with keys, catalogue and past, and who may sign in."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User

from config.simulation.events import CURRENCY, Event
from config.simulation.history import history_events
from config.simulation.shop import Shop
from experiments.intake.importing import EventRecord, import_events
from experiments.keys import create_api_key
from experiments.models import ApiKey, Site
from experiments.services import create_site
from recommenders.catalogue import ItemRecord, upsert_items

SLUG = "demo"
LOGIN = "demo"
HISTORY_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Keys:
    """The demonstration's keys, as they are shown once."""

    simulator: str
    publishable: str


def make_site(seed: int) -> Site:
    """Return a new simulated site; an earlier demonstration stays as it is."""
    slug, number = SLUG, 1
    while Site.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{SLUG}-{number}"
    name = "Demo shop" if number == 1 else f"Demo shop {number}"
    return create_site(
        slug=slug, name=f"{name} (seed {seed})", currency=CURRENCY, is_simulated=True
    )


def make_keys(site: Site) -> Keys:
    """Return a secret key that may set the clock, and one for a browser."""
    scopes = ("recommend", "events", "assign", "simulate")
    _row, simulator = create_api_key(site=site, name="simulator", scopes=scopes)
    _row, publishable = create_api_key(site=site, name="storefront", kind=ApiKey.Kind.PUBLISHABLE)
    return Keys(simulator, publishable)


def make_admin() -> str:
    """Return a fresh password of the demonstration's own administrator."""
    password = secrets.token_urlsafe(9)
    user, _created = User.objects.get_or_create(
        username=LOGIN, defaults={"is_staff": True, "is_superuser": True}
    )
    user.set_password(password)
    user.save(update_fields=["password"])
    return password


def fill_catalogue(site: Site, shop: Shop) -> int:
    """Put every item of the shop into the site; return how many."""
    rows = ({**row, "tags": tuple(row["tags"])} for row in shop.catalogue.rows())
    return upsert_items(site=site, items=(ItemRecord(**row) for row in rows)).received


def fill_history(site: Site, shop: Shop, progress: Callable[[int], None]) -> int:
    """Import what happened before the experiment; return how many events that are."""
    records = _records(history_events(shop.scene, shop.history, shop.rng("history")))
    count = import_events(site=site, events=records, batch=HISTORY_BATCH, progress=progress)
    return count.stored


def _records(events: Iterator[Event]) -> Iterator[EventRecord]:
    for event in events:
        yield EventRecord(
            event_id=UUID(event["event_id"]),
            type=event["type"],
            occurred_at=event["occurred_at"],
            visitor_id=event["unit"]["visitor_id"] or "",
            account_id=event["unit"]["account_id"] or "",
            session_id=event["session_id"],
            item_id=event.get("item_id", ""),
            items=event.get("items", ()),
            quantity=event.get("quantity"),
            amount=event["value"]["amount"] if "value" in event else None,
            order_id=event.get("order_id", ""),
            rank=event.get("rank"),
        )
