"""The artifact as an installation has it: saved, registered in a state, its items on a shelf."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import django

from benchmarks._recommenders.shop import Shop
from recommenders.artifacts import save_artifact
from recommenders.base import Recommender, checked_settings
from recommenders.registry import fitted_class

SITE = 1
KEY = "lightfm"
NAME = "lightfm@1"
K = 10
CATEGORIES = 50


def saved(shop: Shop, recommender: Recommender, data_dir: Path) -> tuple[str, str]:
    """Return the folder, below `data_dir`, of the artifact, and the SHA-256 of its manifest."""
    path = f"{KEY}-{shop.size.n_items}"
    sha256 = save_artifact(
        data_dir / path,
        algorithm=KEY,
        settings=checked_settings({}, fitted_class(KEY).defaults),
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


def whole_lists(shop: Shop, path: str, sha256: str) -> Callable[[int], object]:
    """Return what makes a unit's whole list, as a request does once its variant is known.

    All items are on the shelf. Needs `an_installation`; raises AssertionError when the list is not
    that of the artifact.
    """
    from experiments.assignment.specs import UnitIds
    from recommenders.serving import Wish, serve
    from recommenders.state import ArtifactSpec, RecommenderSpec, ServingState, Shelf, ShelfItem

    items = {
        item_id: ShelfItem(f"category-{index % CATEGORIES}", 1_000 + index)
        for index, item_id in enumerate(shop.item_ids)
    }
    state = ServingState(
        shelves={SITE: Shelf(shop.size.n_items, items)},
        recommenders={(SITE, KEY): RecommenderSpec(KEY, NAME, (NAME,))},
        artifacts={(SITE, NAME): ArtifactSpec(NAME, path, sha256)},
    )
    now_us = time.time_ns() // 1_000

    def whole(unit: int) -> object:
        ids = UnitIds(visitor_id=shop.unit_ids[unit])
        return serve(Wish(SITE, ids, K, now_us=now_us, is_timed=True), {"recommender": KEY}, state)

    served = serve(
        Wish(SITE, UnitIds(visitor_id=shop.unit_ids[shop.data.unit[0]]), K, now_us=now_us),
        {"recommender": KEY},
        state,
    )
    assert (served.artifact, served.fallback, len(served.items)) == (NAME, "", K), served
    return whole
