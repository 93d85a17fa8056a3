"""What serving keeps in process memory: champions, artifact folders and every site's shelf."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from django.conf import settings
from django.db.models import QuerySet

from experiments.snapshot import version as configuration_version
from experiments.watching import Watched
from recommenders.models import Artifact, CatalogueVersion, Item, Recommender

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShelfItem:
    """What serving and slates need of an item."""

    category: str
    price: int | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The items of one site that may be shown now, newest first."""

    version: int
    items: dict[str, ShelfItem]


@dataclass(frozen=True, slots=True)
class ArtifactSpec:
    """Where an artifact lies and what its checksum must be."""

    name: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RecommenderSpec:
    """A recommender's champion and its ready artifacts, newest first."""

    key: str
    champion: str | None
    ready: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServingState:
    """Everything at one moment; replaced as a whole."""

    shelves: dict[int, Shelf]
    recommenders: dict[tuple[int, str], RecommenderSpec]
    artifacts: dict[tuple[int, str], ArtifactSpec]


def _version() -> object:
    return configuration_version(), tuple(sorted(CatalogueVersion.objects.values_list()))


def _load(previous: ServingState | None) -> ServingState:
    shelves = _shelves(previous.shelves if previous else {}, CatalogueVersion.objects.all())
    state = _state(shelves, Artifact.objects.all(), Recommender.objects.all())
    _keep_copy(state)
    return state


def of_site(site_id: int) -> ServingState:
    """Return one site's state as the caller's transaction sees it; this process does not keep it.

    Kept, it would outlive a transaction that is rolled back.
    """
    held = watched.held()
    before = held.shelves if held else {}
    versions = CatalogueVersion.objects.filter(site_id=site_id)
    return _state(
        _shelves(before, versions),
        Artifact.objects.filter(site_id=site_id),
        Recommender.objects.filter(site_id=site_id),
    )


def _state(
    shelves: dict[int, Shelf], of_artifacts: QuerySet[Artifact], of: QuerySet[Recommender]
) -> ServingState:
    ready: dict[tuple[int, str], list[str]] = {}
    artifacts: dict[tuple[int, str], ArtifactSpec] = {}
    rows = of_artifacts.filter(status=Artifact.Status.READY).select_related("recommender")
    for row in rows.order_by("-id"):
        artifacts[row.site_id, row.full_name] = ArtifactSpec(row.full_name, row.path, row.sha256)
        ready.setdefault((row.site_id, row.recommender.key), []).append(row.full_name)
    recommenders = {
        (row.site_id, row.key): RecommenderSpec(
            key=row.key,
            champion=row.champion.full_name if row.champion else None,
            ready=tuple(ready.get((row.site_id, row.key), ())),
        )
        for row in of.select_related("champion__recommender")
    }
    return ServingState(shelves, recommenders, artifacts)


def _shelves(before: Mapping[int, Shelf], versions: QuerySet[CatalogueVersion]) -> dict[int, Shelf]:
    """Return the shelf of every site; those whose version stands are taken over as they are."""
    return {
        site_id: before[site_id]
        if site_id in before and before[site_id].version == version
        else _shelf(site_id, version)
        for site_id, version in versions.values_list("site_id", "version")
    }


def _shelf(site_id: int, version: int) -> Shelf:
    rows = (
        Item.objects.filter(site_id=site_id, is_active=True)
        .exclude(stock=0)
        .order_by("-id")
        .values_list("item_id", "category", "price")
    )
    items = {item_id: ShelfItem(category, price) for item_id, category, price in rows}
    return Shelf(version=version, items=items)


def _copy_path() -> Path:
    return Path(settings.DATA_DIR) / "serving.msgpack"


def _keep_copy(state: ServingState) -> None:
    """Write the last good copy, atomically, for a process that starts without the database."""
    path = _copy_path()
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(msgspec.msgpack.encode(state))
        temporary.replace(path)
    except OSError as error:  # a full disk must not stop serving
        log.warning("no copy of the serving state kept: %s", error)


def restore() -> ServingState:
    """Return the last good copy; without one an empty state, by which lists are empty, not late."""
    try:
        return msgspec.msgpack.decode(_copy_path().read_bytes(), type=ServingState)
    except (OSError, msgspec.MsgspecError):
        return ServingState({}, {}, {})


watched: Watched[ServingState] = Watched(
    "serving state", version=_version, load=_load, restore=restore
)


def current() -> ServingState:
    """Return the serving state of this process; no query on the request."""
    return watched.get()
