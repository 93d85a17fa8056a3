"""Reading this room's tables."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Value
from django.db.models.fields.json import KeyTextTransform

from experiments.clock import microseconds
from experiments.models import Event, Site
from recommenders.artifacts import load_artifact
from recommenders.base import Kind
from recommenders.errors import ArtifactError
from recommenders.features.catalogue import ItemFeatures
from recommenders.interactions import EVENT_KINDS, EVENT_WEIGHTS, Interaction
from recommenders.models import Alias, Artifact, Item, Recommender

CHUNK = 20_000
COLUMNS = (
    *("visitor_id", "account_id", "session_id", "type", "ts_us"),
    *("amount", "item_id", "items", "segment"),
)


def champion_name(site: Site, key: str) -> str | None:
    """Return the full name of a recommender's champion, None when it has none."""
    return holder_name(site, key, Alias.CHAMPION)


def holder_name(site: Site, key: str, alias: str) -> str | None:
    """Return the full name of the artifact that has an alias, None when none has it."""
    row = Recommender.objects.filter(site=site, key=key).first()
    holder: Artifact | None = getattr(row, alias) if row else None
    return holder.full_name if holder else None


def artifact_named(site: Site, full_name: str) -> Artifact | None:
    """Return an artifact by name@version."""
    key, _, version = full_name.partition("@")
    return (
        Artifact.objects.filter(site=site, recommender__key=key, version=version)
        .select_related("recommender")
        .first()
    )


def why_unservable(site: Site, parameters: dict[str, Any]) -> str:
    """Return why these parameters could not be served, "" when their artifact loads."""
    key = parameters.get("recommender")
    if key is None:
        return ""
    if not Recommender.objects.filter(site=site, key=key).exists():
        known = Recommender.objects.filter(site=site).values_list("key", flat=True)
        return f"unknown recommender {key!r}; known: {', '.join(known)}"
    wanted = parameters.get("artifact")
    alias = str(wanted or Alias.CHAMPION)
    name = holder_name(site, key, alias) if alias in Alias.values else alias
    if name is None and alias == Alias.CHAMPION:
        return f"{key} has not been trained"
    if name is None:
        return f"no artifact is {alias} of {key}"
    artifact = artifact_named(site, name)
    if artifact is None or artifact.status != Artifact.Status.READY:
        return f"{name} is not ready"
    return why_unloadable(artifact)


def why_unloadable(artifact: Artifact) -> str:
    """Return why an artifact's files cannot be opened, "" when they can."""
    try:
        load_artifact(settings.DATA_DIR / artifact.path, sha256=artifact.sha256)
    except ArtifactError as error:
        return str(error)
    return ""


def interactions(
    site: Site, *, until: datetime, since: datetime | None = None, segment_by: str = ""
) -> Iterator[Interaction]:
    """Yield what shoppers did with items before a moment; a basket is one row for each line.

    `since`: the moment to begin with; None for the beginning. Bots and own staff are left out.
    `segment_by`: the attribute of events that says which segment a unit is of; "" for none.
    """
    segment = KeyTextTransform(segment_by, "attributes") if segment_by else Value("")
    rows = (
        Event.objects.filter(
            site=site,
            type__in=EVENT_WEIGHTS,
            ts_us__gte=microseconds(since) if since else 0,
            ts_us__lt=microseconds(until),
            traffic="",
        )
        .order_by("id")
        .annotate(segment=segment)
        .values_list(*COLUMNS, named=True)
    )
    for row in rows.iterator(chunk_size=CHUNK):
        if unit_id := row.visitor_id or row.account_id:
            known = f"{segment_by}={row.segment}" if row.segment else ""
            yield from _of_event(row, unit_id, known)


def _of_event(row: Any, unit_id: str, segment: str) -> Iterator[Interaction]:
    weight, kind = EVENT_WEIGHTS[row.type], EVENT_KINDS.get(row.type, Kind.OTHER)
    for item_id, paid in _lines(row.item_id, row.items, row.amount or 0):
        amount = paid if kind == Kind.PURCHASE else 0
        yield Interaction(
            unit_id, item_id, weight, row.ts_us, kind, row.session_id, amount, segment
        )


def _lines(item_id: str, items: list[dict[str, Any]], amount: int) -> Iterator[tuple[str, float]]:
    """Yield the items with what was paid for each; lines without a price share the amount."""
    if item_id:
        yield item_id, amount
        return
    for line in items:
        price = line.get("price")
        share = amount / len(items) if price is None else price * line.get("quantity", 1)
        yield str(line["item_id"]), share


def item_features(site: Site) -> list[ItemFeatures]:
    """Return every item that may be shown, with what training knows of it."""
    rows = Item.objects.filter(site=site, is_active=True).values_list(
        *("item_id", "category", "brand", "price", "title", "description", "tags", "added_at"),
        named=True,
    )
    return [
        ItemFeatures(
            item_id=row.item_id,
            category=row.category,
            brand=row.brand,
            price=row.price,
            title=row.title,
            description=row.description,
            tags=tuple(map(str, row.tags)),
            added_us=microseconds(row.added_at),
        )
        for row in rows.iterator(chunk_size=CHUNK)
    ]
