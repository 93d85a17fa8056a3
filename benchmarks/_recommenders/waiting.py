"""By the clock: the list that follows an act, and the list of who stands in for an artifact.

A visitor waits for each of them, so that the slowest counts, the first after a start included.
"""

import shutil
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks._recommenders.serving import KEY, K, name_of
from benchmarks._recommenders.shop import Shop
from experiments.assignment.specs import UnitIds
from experiments.clock import microseconds
from experiments.intake.importing import EventRecord, import_events
from experiments.models import Site
from recommenders.loaded import cache
from recommenders.serving import Served, Wish, serve
from recommenders.state import ArtifactSpec, RecommenderSpec, ServingState

FOLDS = ("lightfm", "als", "item_knn")  # which take acts of late, each in its own way
ASKED = 100


@dataclass(frozen=True)
class Waited:
    """How long lists took, in milliseconds; `moved`: how many are others than before the act."""

    name: str
    lists: int
    median_ms: float
    slowest_ms: float
    moved: int | None = None


@dataclass(frozen=True)
class Bench:
    """A shop whose artifacts are served, and its site."""

    shop: Shop
    site: Site
    state: ServingState

    def ask(self, visitor: str, key: str, state: ServingState | None = None) -> Served:
        """Return a visitor's list by a recommender, as of now."""
        now_us = microseconds(datetime.now(UTC))
        wish = Wish(self.site.pk, UnitIds(visitor_id=visitor), K, now_us=now_us)
        return serve(wish, {"recommender": key}, state or self.state)

    def act(self, visitor: str, item_id: str) -> None:
        """Let a visitor look at an item: the event is stored and applied when this returns."""
        event = EventRecord(
            event_id=uuid.uuid4(),
            type="view_item",
            occurred_at=datetime.now(UTC),
            visitor_id=visitor,
            item_id=item_id,
        )
        import_events(site=self.site, events=[event])


def after_acts(bench: Bench, units: Sequence[int]) -> Iterator[Waited]:
    """Yield, for each recommender, how long it takes from an act to the list that it has moved.

    Units that training knows, then strangers, whose first act this is.
    """
    known = [bench.shop.unit_ids[unit] for unit in units[:ASKED]]
    for key in FOLDS:
        yield _after_an_act(bench, key, f"{key}: an act of a unit it knows", known)
        strangers = [f"{key}-stranger-{index}" for index in range(len(known))]
        yield _after_an_act(bench, key, f"{key}: the first act of a stranger", strangers)


def _after_an_act(bench: Bench, key: str, name: str, visitors: Sequence[str]) -> Waited:
    took, moved = [], 0
    for index, visitor in enumerate(visitors):
        before = _ids(bench.ask(visitor, key))
        item_id = bench.shop.item_ids[int(bench.shop.data.item[index])]
        began = time.perf_counter()
        bench.act(visitor, item_id)
        served = bench.ask(visitor, key)
        took.append(1000 * (time.perf_counter() - began))
        assert (served.artifact, len(served.items)) == (name_of(key), K), served
        moved += _ids(served) != before
    return _waited(name, took, moved)


def of_stand_ins(bench: Bench, data_dir: Path) -> Iterator[Waited]:
    """Yield how long lists take whose artifact cannot answer; nothing is open when they begin."""
    place = bench.state.artifacts[bench.site.pk, name_of(KEY)].path
    for key, why, spoil in (
        ("gone", "its files are gone", shutil.rmtree),
        ("cut", "a file of it is cut short", _cut_short),
    ):
        folder = f"{place}-{key}"
        shutil.copytree(data_dir / place, data_dir / folder)
        spoil(data_dir / folder)
        state = _with(bench, key, folder)
        yield _stood_in(bench, key, f"popularity, as {why}", "artifact", state)
    yield _stood_in(bench, "item_knn", "popularity, as item_knn knows no stranger", "unknown_unit")


def _stood_in(
    bench: Bench, key: str, name: str, reason: str, state: ServingState | None = None
) -> Waited:
    cache.forget()
    took = []
    for index in range(ASKED):
        began = time.perf_counter()
        served = bench.ask(f"nobody-{index}", key, state)
        took.append(1000 * (time.perf_counter() - began))
        assert served.fallback.startswith(reason), served
        assert (served.artifact, len(served.items)) == (name_of("popularity"), K), served
    return _waited(name, took)


def _with(bench: Bench, key: str, folder: str) -> ServingState:
    """Return the state with one more recommender, whose artifact lies in this folder."""
    site_id, name = bench.site.pk, name_of(key)
    sha256 = bench.state.artifacts[site_id, name_of(KEY)].sha256
    return replace(
        bench.state,
        recommenders={**bench.state.recommenders, (site_id, key): RecommenderSpec(key, name, ())},
        artifacts={**bench.state.artifacts, (site_id, name): ArtifactSpec(name, folder, sha256)},
    )


def _cut_short(folder: Path) -> None:
    file = next(folder.glob("state.*.npy"))
    file.write_bytes(file.read_bytes()[:-1])


def _ids(served: Served) -> list[str]:
    return [item.item_id for item in served.items]


def _waited(name: str, took: Sequence[float], moved: int | None = None) -> Waited:
    return Waited(name, len(took), statistics.median(took), max(took), moved)
