"""Artifacts: what is written comes back, and what is not what was written is refused."""

import hashlib
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recommenders import artifacts
from recommenders.algorithms.lightfm import LightFM
from recommenders.algorithms.popularity import Popularity
from recommenders.artifacts import Artifact, load_artifact, save_artifact, score_unit
from recommenders.errors import ArtifactDamaged, ArtifactMissing
from tests.recommenders.data import checkerboard, fitted, saved, scores_of

DATA = checkerboard(10)
IDS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    min_size=1,
    unique=True,
)


def _load(folder: Path, **changed: object) -> Artifact:
    """Load an artifact as the database would, after changing its manifest if that is asked."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_bytes()) | changed
    if changed:
        path.write_text(json.dumps(manifest))
    return load_artifact(folder, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def _registered(folder: Path, name: str) -> dict[str, Any]:
    """Return the manifest's files as if this one had always been what it is now."""
    files: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())["files"]
    files[name]["sha256"] = hashlib.sha256((folder / f"{name}.npy").read_bytes()).hexdigest()
    return files


def test_save__fitted_recommender__describes_itself(tmp_path: Path) -> None:
    saved(tmp_path / "a", "popularity", DATA)

    manifest = _load(tmp_path / "a").manifest

    assert manifest["algorithm"] == "popularity"
    assert manifest["settings"] == {"half_life_days": 14.0, "window_days": 0.0, "kinds": ""}
    assert (manifest["n_items"], manifest["n_units"], manifest["seed"]) == (10, 10, 11)
    assert set(manifest["files"]) == {"state.scores", "item_ids", "unit_ids"}
    assert manifest["files"]["state.scores"]["dtype"] == "<f4"


def test_save__a_fact_named_like_a_field__does_not_replace_it(tmp_path: Path) -> None:
    save_artifact(
        tmp_path / "a",
        algorithm="random",
        settings={},
        recommender=fitted("random", DATA),
        item_ids=[f"i{index}" for index in range(10)],
        unit_ids=[],
        facts={"algorithm": "popularity", "schema": 99},
    )

    assert _load(tmp_path / "a").manifest["algorithm"] == "random"


def test_save__folder_exists__replaces_it_whole(tmp_path: Path) -> None:
    saved(tmp_path / "a", "item_knn", DATA)

    sha256 = saved(tmp_path / "a", "random", DATA)

    assert load_artifact(tmp_path / "a", sha256=sha256).manifest["algorithm"] == "random"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


class _Unsaveable(Popularity):
    """A plug-in whose state holds objects."""

    def state(self) -> dict[str, NDArray[Any]]:
        return {"scores": self.scores_, "lookup": np.array([{"a": 1}], dtype=object)}


def test_save__state_of_objects__is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    recommender = _Unsaveable(Popularity.defaults)

    with pytest.raises(ValueError, match="Object arrays"):
        saved(tmp_path / "a", "popularity", DATA, recommender=recommender)

    assert list(tmp_path.iterdir()) == []


def test_load__sound_artifact__shares_its_arrays_read_only(tmp_path: Path) -> None:
    saved(tmp_path / "a", "popularity", DATA)

    scores = _load(tmp_path / "a").recommender.state()["scores"]

    assert isinstance(scores, np.memmap)
    assert not scores.flags.writeable


@given(item_ids=IDS, unit_ids=IDS, strangers=IDS)
def test_load__any_ids__are_found_and_others_are_not(
    tmp_path_factory: pytest.TempPathFactory,
    item_ids: list[str],
    unit_ids: list[str],
    strangers: list[str],
) -> None:
    folder = tmp_path_factory.mktemp("ids") / "a"
    recommender = Popularity({**Popularity.defaults, "half_life_days": 1.0})
    recommender.scores_ = np.zeros(len(item_ids), np.float32)
    unit_ids.sort(key=str.encode)

    sha256 = save_artifact(
        folder,
        algorithm="popularity",
        settings={"half_life_days": 1.0},
        recommender=recommender,
        item_ids=item_ids,
        unit_ids=unit_ids,
        facts={},
    )
    artifact = load_artifact(folder, sha256=sha256)

    assert artifact.item_ids == tuple(item_ids)
    assert [artifact.item_index(each) for each in item_ids] == list(range(len(item_ids)))
    assert [artifact.unit_index(each) for each in unit_ids] == list(range(len(unit_ids)))
    known = set(unit_ids)
    assert all(artifact.unit_index(each) == -1 for each in strangers if each not in known)


@pytest.mark.parametrize("unit_id", ["", "unit-0", "unit-000", "unit-99", "x" * 500])
def test_unit_index__never_seen__is_minus_one(tmp_path: Path, unit_id: str) -> None:
    saved(tmp_path / "a", "popularity", DATA)

    artifact = _load(tmp_path / "a")

    assert artifact.unit_index(unit_id) == -1
    assert artifact.item_index(unit_id) == -1


def test_score_unit__unit_seen__gives_its_row(tmp_path: Path) -> None:
    recommender = fitted("item_knn", DATA)
    saved(tmp_path / "a", "item_knn", DATA, recommender=recommender)

    scores = score_unit(_load(tmp_path / "a"), "unit-07")

    np.testing.assert_array_equal(scores, scores_of(recommender, 7)[0])


@pytest.mark.parametrize("gone", ["", "manifest.json"])
def test_load__folder_or_manifest_gone__is_missing(tmp_path: Path, gone: str) -> None:
    sha256 = saved(tmp_path / "a", "popularity", DATA)
    place = tmp_path / "a" if gone else tmp_path / "other"
    if gone:
        (place / gone).unlink()

    with pytest.raises(ArtifactMissing, match="no manifest"):
        load_artifact(place, sha256=sha256)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def _remove(path: Path) -> None:
    path.unlink()


DAMAGES = [_truncate, _empty, _flip_a_bit, _remove]


@pytest.mark.parametrize("file", ["state.scores.npy", "item_ids.npy", "unit_ids.npy"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_load__file_damaged__names_the_file(
    tmp_path: Path, damage: Callable[[Path], None], file: str
) -> None:
    sha256 = saved(tmp_path / "a", "popularity", DATA)
    damage(tmp_path / "a" / file)

    with pytest.raises(ArtifactDamaged, match=file):
        load_artifact(tmp_path / "a", sha256=sha256)


def test_load__manifest_changed__is_refused_before_any_file_is_read(tmp_path: Path) -> None:
    sha256 = saved(tmp_path / "a", "popularity", DATA)
    _flip_a_bit(tmp_path / "a" / "manifest.json")
    (tmp_path / "a" / "state.scores.npy").unlink()

    with pytest.raises(ArtifactDamaged, match="not the one that was registered"):
        load_artifact(tmp_path / "a", sha256=sha256)


def test_load__file_too_large__is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path / "a", "popularity", DATA)
    monkeypatch.setattr(artifacts, "MAX_BYTES", 64)

    with pytest.raises(ArtifactDamaged, match="not what was written"):
        _load(tmp_path / "a")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"schema": 2}, "unknown schema 2"),
        ({"algorithm": "oracle"}, "unknown recommender 'oracle'"),
        ({"settings": {"half_life_days": 0}}, "half_life_days"),
        ({"algorithm": "item_knn", "settings": {"neighbours": 5}}, "cannot be restored"),
    ],
)
def test_load__manifest_of_something_else__says_why(
    tmp_path: Path, changed: dict[str, object], reason: str
) -> None:
    saved(tmp_path / "a", "popularity", DATA)

    with pytest.raises(ArtifactDamaged, match=reason):
        _load(tmp_path / "a", **changed)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_load__number_not_finite__is_refused(tmp_path: Path, bad: float) -> None:
    folder = tmp_path / "a"
    saved(folder, "popularity", DATA)
    np.save(folder / "state.scores.npy", np.array([1.0] * 9 + [bad], np.float32))

    with pytest.raises(ArtifactDamaged, match="not finite"):
        _load(folder, files=_registered(folder, "state.scores"))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_save__number_not_finite__is_refused_and_the_former_artifact_stays(
    tmp_path: Path, bad: float
) -> None:
    former = saved(tmp_path / "a", "popularity", DATA)
    recommender = Popularity(Popularity.defaults)
    recommender.scores_ = np.array([1.0] * 9 + [bad], np.float32)

    with pytest.raises(ArtifactDamaged, match="not finite"):
        saved(tmp_path / "a", "popularity", DATA, recommender=recommender)

    assert load_artifact(tmp_path / "a", sha256=former).manifest["n_items"] == 10
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_save__scores_for_other_items__are_refused(tmp_path: Path) -> None:
    recommender = Popularity(Popularity.defaults)
    recommender.scores_ = np.zeros(7, np.float32)

    with pytest.raises(ArtifactDamaged, match="scores for 10 items"):
        saved(tmp_path / "a", "popularity", DATA, recommender=recommender)


@pytest.mark.parametrize(
    ("width", "size", "reason"), [(3, 1.0, "mismatch"), (4, 1e30, "beyond what a number can hold")]
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_save__factors_that_cannot_be_multiplied__are_refused_before_a_visitor_comes(
    tmp_path: Path, width: int, size: float, reason: str
) -> None:
    recommender = LightFM(LightFM.defaults)
    recommender.item_factors_ = np.full((10, 4), size, np.float32)
    recommender.unit_factors_ = np.full((10, width), size, np.float32)

    with pytest.raises(ArtifactDamaged, match=reason):
        saved(tmp_path / "a", "lightfm", DATA, recommender=recommender)


@pytest.mark.parametrize("shape", [(5, 2), (10, 1), ()])
def test_load__array_of_another_shape__is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    saved(tmp_path / "a", "popularity", DATA)
    np.save(tmp_path / "a" / "state.scores.npy", np.zeros(shape, np.float32))

    with pytest.raises(ArtifactDamaged, match="another shape or type"):
        _load(tmp_path / "a", files=_registered(tmp_path / "a", "state.scores"))


class _Hostile:
    """Unpickling this leaves a file behind."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, int]]:
        return os.open, (str(self.canary), os.O_CREAT | os.O_WRONLY)


def _bare_pickle(path: Path, hostile: _Hostile) -> None:
    path.write_bytes(pickle.dumps(hostile))


def _array_of_objects(path: Path, hostile: _Hostile) -> None:
    np.save(path, np.array([hostile] * 10, dtype=object), allow_pickle=True)


def _archive(path: Path, hostile: _Hostile) -> None:
    with path.open("wb") as file:
        np.savez(file, allow_pickle=True, scores=np.array([hostile] * 10, dtype=object))


@pytest.mark.parametrize("write", [_bare_pickle, _array_of_objects, _archive])
def test_load__hostile_pickle_with_matching_checksums__is_not_executed(
    tmp_path: Path, write: Callable[[Path, _Hostile], None]
) -> None:
    canary, folder = tmp_path / "canary", tmp_path / "a"
    saved(folder, "popularity", DATA)
    write(folder / "state.scores.npy", _Hostile(canary))
    files = _registered(folder, "state.scores")

    with pytest.raises(ArtifactDamaged, match=r"state\.scores\.npy cannot be read"):
        _load(folder, files=files)

    assert not canary.exists()


def test_hostile_pickle__opened_without_care__would_have_run(tmp_path: Path) -> None:
    _bare_pickle(tmp_path / "x.npy", _Hostile(tmp_path / "canary"))

    os.close(pickle.loads((tmp_path / "x.npy").read_bytes()))

    assert (tmp_path / "canary").exists()


def test_load__fitted_before_a_setting_was_there__takes_its_default(tmp_path: Path) -> None:
    sha256 = save_artifact(
        tmp_path / "a",
        algorithm="popularity",
        settings={"half_life_days": 7.0},
        recommender=fitted("popularity", DATA),
        item_ids=[f"item-{index:02d}" for index in range(DATA.n_items)],
        unit_ids=[f"unit-{index:02d}" for index in range(DATA.n_units)],
        facts={},
    )

    recommender = load_artifact(tmp_path / "a", sha256=sha256).recommender

    assert isinstance(recommender, Popularity)
    assert recommender.settings == {"half_life_days": 7.0, "window_days": 0.0, "kinds": ""}
