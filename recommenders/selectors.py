"""Reading this room's tables."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings

from experiments.clock import microseconds
from experiments.models import Event, Site
from recommenders.artifacts import load_artifact
from recommenders.errors import ArtifactError
from recommenders.interactions import EVENT_WEIGHTS, Interaction, ItemFeatures
from recommenders.models import Artifact, Item, Recommender

CHUNK = 20_000


def champion_name(site: Site, key: str) -> str | None:
    """Return the full name of a recommender's champion, None when it has none."""
    row = (
        Recommender.objects.filter(site=site, key=key)
        .select_related("champion__recommender")
        .first()
    )
    return row.champion.full_name if row and row.champion else None


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
    name = champion_name(site, key) if wanted in (None, "", "champion") else str(wanted)
    if name is None:
        return f"{key} has not been trained"
    artifact = artifact_named(site, name)
    if artifact is None or artifact.status != Artifact.Status.READY:
        return f"{name} is not ready"
    return _why_unloadable(artifact)


def _why_unloadable(artifact: Artifact) -> str:
    try:
        load_artifact(settings.DATA_DIR / artifact.path, sha256=artifact.sha256)
    except ArtifactError as error:
        return str(error)
    return ""


def interactions(site: Site, *, until: datetime) -> Iterator[Interaction]:
    """Yield what visitors did with items before a moment; a basket is one row for each line."""
    rows = (
        Event.objects.filter(site=site, type__in=EVENT_WEIGHTS, ts_us__lt=microseconds(until))
        .order_by("id")
        .values_list("visitor_id", "account_id", "type", "item_id", "items", "ts_us")
    )
    for visitor_id, account_id, type_, item_id, items, ts_us in rows.iterator(chunk_size=CHUNK):
        unit_id = visitor_id or account_id
        shown = [item_id] if item_id else [line["item_id"] for line in items]
        for one in shown if unit_id else ():
            yield Interaction(unit_id, str(one), EVENT_WEIGHTS[type_], ts_us)


def item_features(site: Site) -> list[ItemFeatures]:
    """Return every item that may be shown, with what training knows of it."""
    rows = Item.objects.filter(site=site, is_active=True)
    return [
        ItemFeatures(item_id, category, brand, price)
        for item_id, category, brand, price in rows.values_list(
            "item_id", "category", "brand", "price"
        )
    ]
