"""What serving keeps in process memory: champions, artifact folders, shelves and rules."""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
from django.conf import settings
from django.db.models import QuerySet

from experiments.clock import microseconds
from experiments.snapshot import version as configuration_version
from experiments.watching import Watched
from recommenders.models import Alias, Artifact, CatalogueVersion, Item, Recommender
from recommenders.rules import SiteRules, rules_of

log = logging.getLogger(__name__)

# What is told of a new state before the first request is served by it.
BEFORE_SERVING: list[Callable[["ServingState"], None]] = []


class ShelfItem(msgspec.Struct, frozen=True):
    """What serving and slates need of an item; `markets`: where it is sold, none: everywhere.

    `added_us`: when it became part of the range, microseconds since 1970.
    """

    category: str
    price: int | None
    brand: str = ""
    markets: tuple[str, ...] = ()
    added_us: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """The items of one site that may be shown now, newest first.

    `has_markets`: some are sold in some countries only.
    """

    version: int
    items: dict[str, ShelfItem]
    has_markets: bool = False


@dataclass(frozen=True, slots=True)
class ArtifactSpec:
    """Where an artifact lies and what its checksum must be."""

    name: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RecommenderSpec:
    """Which artifacts hold a recommender's aliases, and those that are ready, newest first."""

    key: str
    champion: str | None
    ready: tuple[str, ...]
    challenger: str | None = None
    fallback: str | None = None

    def holder(self, alias: str) -> str | None:
        """Return the artifact that has an alias, None when none has it."""
        return {
            Alias.CHAMPION: self.champion,
            Alias.CHALLENGER: self.challenger,
            Alias.FALLBACK: self.fallback,
        }[Alias(alias)]


@dataclass(frozen=True, slots=True)
class ServingState:
    """Everything at one moment; replaced as a whole."""

    shelves: dict[int, Shelf]
    recommenders: dict[tuple[int, str], RecommenderSpec]
    artifacts: dict[tuple[int, str], ArtifactSpec]
    rules: dict[int, SiteRules] = field(default_factory=dict)


def _version() -> object:
    return configuration_version(), tuple(sorted(CatalogueVersion.objects.values_list()))


def _load(previous: ServingState | None) -> ServingState:
    shelves = _shelves(previous.shelves if previous else {}, CatalogueVersion.objects.all())
    state = _state(shelves, Artifact.objects.all(), Recommender.objects.all())
    state = replace(state, rules=rules_of(previous.rules if previous else {}))
    _keep_copy(state)
    if previous:
        for made_ready in BEFORE_SERVING:
            made_ready(state)
    return state


def of_site(site_id: int) -> ServingState:
    """Return one site's state as the caller's transaction sees it; this process does not keep it.

    Kept, it would outlive a transaction that is rolled back.
    """
    held = watched.held()
    before = held.shelves if held else {}
    versions = CatalogueVersion.objects.filter(site_id=site_id)
    found = _state(
        _shelves(before, versions),
        Artifact.objects.filter(site_id=site_id),
        Recommender.objects.filter(site_id=site_id),
    )
    return replace(found, rules=rules_of({}, site_id))


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
            champion=_name(row.champion),
            challenger=_name(row.challenger),
            fallback=_name(row.fallback),
            ready=tuple(ready.get((row.site_id, row.key), ())),
        )
        for row in of.select_related(*(f"{alias}__recommender" for alias in Alias.values))
    }
    return ServingState(shelves, recommenders, artifacts)


def _name(artifact: Artifact | None) -> str | None:
    return artifact.full_name if artifact else None


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
        .values_list("item_id", "category", "price", "brand", "markets", "added_at")
    )
    items = {
        item_id: ShelfItem(category, price, brand, tuple(markets), microseconds(added_at))
        for item_id, category, price, brand, markets, added_at in rows
    }
    return Shelf(version, items, has_markets=any(item.markets for item in items.values()))


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
