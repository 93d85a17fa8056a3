"""Artifacts as an installation has them: saved, registered in a state, their items on a shelf."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import django

from benchmarks._recommenders.shop import Shop
from recommenders.artifacts import save_artifact
from recommenders.base import Recommender, checked_settings
from recommenders.registry import fitted_class

if TYPE_CHECKING:  # of Django, which begins with the installation
    from recommenders.state import ServingState

KEY = "lightfm"
K = 10
CATEGORIES = 50

Place = tuple[str, str]  # of an artifact: its folder below the data's, the SHA-256 of its manifest


def saved(shop: Shop, algorithm: str, recommender: Recommender, data_dir: Path) -> Place:
    """Return where the artifact has been written, in `data_dir`."""
    path = f"{algorithm}-{shop.size.n_items}"
    sha256 = save_artifact(
        data_dir / path,
        algorithm=algorithm,
        settings=checked_settings({}, fitted_class(algorithm).defaults),
        recommender=recommender,
        item_ids=shop.item_ids,
        unit_ids=shop.unit_ids,
        facts={},
    )
    return path, sha256


def an_installation(data_dir: Path) -> None:
    """Point this process at an installation of its own, with an empty SQLite."""
    os.environ.update(
        DATABASE_URL="",
        ARMATURE_DATA_DIR=str(data_dir),
        DJANGO_SETTINGS_MODULE="config.settings",
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def name_of(key: str) -> str:
    """Return the name of a recommender's only artifact."""
    return f"{key}@1"


def state_of(shop: Shop, site_id: int, places: Mapping[str, Place]) -> "ServingState":
    """Return what serving keeps in memory: all items on the shelf, an artifact of each key."""
    from recommenders.state import ArtifactSpec, RecommenderSpec, ServingState, Shelf, ShelfItem

    items = {
        item_id: ShelfItem(f"category-{index % CATEGORIES}", 1_000 + index)
        for index, item_id in enumerate(shop.item_ids)
    }
    return ServingState(
        shelves={site_id: Shelf(shop.size.n_items, items)},
        recommenders={
            (site_id, key): RecommenderSpec(key, name_of(key), (name_of(key),)) for key in places
        },
        artifacts={
            (site_id, name_of(key)): ArtifactSpec(name_of(key), path, sha256)
            for key, (path, sha256) in places.items()
        },
    )


def whole_lists(shop: Shop, site_id: int, state: "ServingState") -> Callable[[int], object]:
    """Return what makes a unit's whole list, as a request does once its variant is known.

    Needs `an_installation`; raises AssertionError when the list is not that of the artifact.
    """
    from experiments.assignment.specs import UnitIds
    from recommenders.serving import Wish, serve

    now_us = time.time_ns() // 1_000

    def whole(unit: int) -> object:
        ids = UnitIds(visitor_id=shop.unit_ids[unit])
        return serve(Wish(site_id, ids, K, now_us=now_us), {"recommender": KEY}, state)

    known = UnitIds(visitor_id=shop.unit_ids[shop.data.unit[0]])
    served = serve(Wish(site_id, known, K, now_us=now_us), {"recommender": KEY}, state)
    assert (served.artifact, served.fallback, len(served.items)) == (name_of(KEY), "", K), served
    return whole
