"""A stocked shop with history, and ways to ask it for lists and to damage its artifacts."""

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings

from experiments.assignment.specs import UnitIds
from experiments.clock import microseconds
from experiments.intake.importing import EventRecord, import_events
from experiments.models import Site
from recommenders import state
from recommenders.catalogue import bump_catalogue
from recommenders.models import Artifact, Item
from recommenders.services import promote
from recommenders.serving import Served, Wish, serve
from tests.factories import NOW, a_site, stocked, trained

ITEMS = 12


def a_shop(*keys: str) -> tuple[Site, dict[str, Artifact]]:
    """Return a shop whose visitors v-0 … v-5 bought items 0 … 5, its recommenders trained."""
    site = a_site()
    stocked(site, ITEMS)
    with_history(site)
    return site, dict(zip(keys, trained(site, *keys), strict=True))


def retrained(site: Site, key: str) -> Artifact:
    """Return a recommender's new champion, whatever the gate would say of it."""
    (artifact,) = trained(site, key)
    promote(artifact=artifact, reason="a test", by="tests", override=True)
    return artifact


def with_history(site: Site) -> None:
    """Let visitor v-n have bought the items 0 … n: item 0 is what sells best."""
    import_events(
        site=site,
        events=[
            EventRecord(
                event_id=UUID(int=1 + 10 * visitor + item),
                type="purchase",
                occurred_at=NOW - timedelta(days=30),
                visitor_id=f"v-{visitor}",
                item_id=f"sku-{item}",
                amount=100,
            )
            for visitor in range(6)
            for item in range(visitor + 1)
        ],
    )


def ask(
    site: Site,
    parameters: Mapping[str, Any] | None = None,
    *,
    visitor: str = "v-1",
    k: int = 5,
    excluded: frozenset[str] = frozenset(),
    **fields: Any,
) -> Served:
    """Return the list that a visitor gets; `fields`: what else the wish says."""
    told: dict[str, Any] = {"placement": "home", "now_us": microseconds(NOW)} | fields
    wish = Wish(site.pk, UnitIds(visitor_id=visitor), k, excluded, **told)
    return serve(wish, parameters or {}, state.current())


def ids_of(served: Served) -> list[str]:
    """Return the list's items in order; ranks must count from 1."""
    assert [item.rank for item in served.items] == list(range(1, len(served.items) + 1))
    return [item.item_id for item in served.items]


def folder_of(artifact: Artifact) -> Path:
    """Return where an artifact's files are."""
    return Path(settings.DATA_DIR) / artifact.path


def sell_out(site: Site, *item_ids: str) -> None:
    """Let items be out of stock."""
    Item.objects.filter(site=site, item_id__in=item_ids).update(stock=0)
    bump_catalogue(site=site)


def _truncated(artifact: Artifact) -> None:
    for file in folder_of(artifact).glob("state.*.npy"):
        file.write_bytes(file.read_bytes()[:-1])


def _with_other_numbers(artifact: Artifact) -> None:
    for file in folder_of(artifact).glob("state.*.npy"):
        np.save(file, np.ones_like(np.load(file)))


def _with_nan(artifact: Artifact) -> None:
    """Spoil the numbers and register what was written, as a faulty plug-in could have done."""
    manifest = json.loads((folder_of(artifact) / "manifest.json").read_text())
    for name in (name for name in manifest["files"] if name.startswith("state.")):
        file = folder_of(artifact) / f"{name}.npy"
        values = np.full_like(np.load(file), np.nan, dtype=np.float32)
        np.save(file, values)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        manifest["files"][name] |= {"sha256": sha256, "dtype": values.dtype.str}
    _register(artifact, manifest)


def _of_another_shape(artifact: Artifact) -> None:
    """Cut the scores and register what was written."""
    _rewrite(artifact, lambda file: np.save(file, np.load(file)[:-1]))


class Hostile:
    """What, unpickled, leaves a file behind."""

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(canary()), "w")


def canary() -> Path:
    """Return the file that must never appear."""
    return Path(settings.DATA_DIR) / "canary"


def _with_a_pickle_in_an_array(artifact: Artifact) -> None:
    hostile = np.array([Hostile()], dtype=object)
    _rewrite(artifact, lambda file: np.save(file, hostile, allow_pickle=True))


def _with_a_pickle_for_a_file(artifact: Artifact) -> None:
    _rewrite(artifact, lambda file: file.write_bytes(pickle.dumps(Hostile())))


def _rewrite(artifact: Artifact, write: Callable[[Path], object]) -> None:
    """Write the state's files anew, and register them as if they were meant."""
    manifest = json.loads((folder_of(artifact) / "manifest.json").read_text())
    for name in (name for name in manifest["files"] if name.startswith("state.")):
        file = folder_of(artifact) / f"{name}.npy"
        write(file)
        manifest["files"][name]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
        manifest["files"][name]["shape"] = _shape_of(file)
    _register(artifact, manifest)


def _shape_of(file: Path) -> list[int]:
    try:
        return list(np.load(file).shape)
    except ValueError:  # a pickle, which nobody opens here either
        return [1]


def _of_an_unknown_algorithm(artifact: Artifact) -> None:
    manifest = json.loads((folder_of(artifact) / "manifest.json").read_text())
    _register(artifact, manifest | {"algorithm": "of_a_removed_package"})


def _pointing_nowhere(artifact: Artifact) -> None:
    artifact.path = "artifacts/never/written"
    artifact.save()


def _register(artifact: Artifact, manifest: Mapping[str, Any]) -> None:
    text = json.dumps(manifest).encode()
    (folder_of(artifact) / "manifest.json").write_bytes(text)
    artifact.sha256 = hashlib.sha256(text).hexdigest()
    artifact.save()


DAMAGES: dict[str, tuple[Callable[[Artifact], object], str]] = {
    "folder gone": (lambda a: shutil.rmtree(folder_of(a)), "artifact_missing"),
    "manifest gone": (lambda a: (folder_of(a) / "manifest.json").unlink(), "artifact_missing"),
    "array gone": (lambda a: (folder_of(a) / "item_ids.npy").unlink(), "artifact_damaged"),
    "manifest changed": (
        lambda a: (folder_of(a) / "manifest.json").write_text("{}"),
        "artifact_damaged",
    ),
    "array truncated": (_truncated, "artifact_damaged"),
    "other numbers": (_with_other_numbers, "artifact_damaged"),
    "not finite": (_with_nan, "artifact_damaged"),
    "another shape": (_of_another_shape, "artifact_damaged"),
    "a pickle in an array": (_with_a_pickle_in_an_array, "artifact_damaged"),
    "a pickle for a file": (_with_a_pickle_for_a_file, "artifact_damaged"),
    "a row that points nowhere": (_pointing_nowhere, "artifact_missing"),
    "algorithm gone": (_of_an_unknown_algorithm, "artifact_damaged"),
}
