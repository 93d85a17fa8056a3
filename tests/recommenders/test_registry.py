"""Names, plug-ins, and what an installation lacks."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from recommenders.artifacts import load_artifact, score_unit
from recommenders.errors import RecommenderError, UnknownRecommender
from recommenders.registry import available, broken, make, missing, names, recommender_class
from tests.recommenders.data import checkerboard, fitted, saved, scores_of

PLUGIN = """
import numpy as np
from recommenders.algorithms.popularity import Popularity

class Shortest(Popularity):
    '''Prefers the first items.'''

    def fit(self, data, *, rng):
        self.scores_ = -np.arange(data.n_items, dtype=np.float32)
        return self
"""
ENTRY_POINTS = """
[armature.recommenders]
shortest = a_plugin:Shortest
torn = a_plugin_that_is_gone:Nothing
"""


def _run(code: str, *paths: Path) -> object:
    """Return what a fresh process prints, as JSON."""
    root = str(Path(__file__).parents[2])
    prelude = f"import sys, json; sys.path[:0] = {[root, *map(str, paths)]!r}\n"
    ran = subprocess.run(
        [sys.executable, "-c", prelude + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(ran.stdout)


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    (tmp_path / "a_plugin.py").write_text(PLUGIN)
    facts = tmp_path / "a_plugin-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: a-plugin\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(ENTRY_POINTS)
    return tmp_path


def test_names__built_in__are_these_five() -> None:
    assert {"popularity", "lightfm", "hybrid", "item_knn", "random"} <= set(names())
    assert broken() == {}


def test_recommender_class__unknown_name__lists_the_known_ones() -> None:
    with pytest.raises(UnknownRecommender, match="unknown recommender 'oracle'") as caught:
        recommender_class("oracle")

    assert all(name in (caught.value.hint or "") for name in names())


def test_plugins__installed_beside_us__are_registered_and_broken_ones_named(
    plugin_folder: Path,
) -> None:
    found = _run(
        """
        from recommenders.registry import broken, make, names
        made = make("shortest", {"half_life_days": 3})
        print(json.dumps([names(), type(made).__name__, broken()]))
        """,
        plugin_folder,
    )

    assert isinstance(found, list)
    known, made, torn = found
    assert known[-2:] == ["shortest", "torn"]
    assert made == "Shortest"
    assert list(torn) == ["torn"]
    assert "a_plugin_that_is_gone" in torn["torn"]


def test_pure_modules__imported__bring_no_framework_and_no_engine() -> None:
    loaded = _run(
        """
        import recommenders.base, recommenders.errors, recommenders.ranking
        import recommenders.registry, recommenders.interactions, recommenders.artifacts
        import recommenders.evaluation.metrics, recommenders.evaluation.splits
        from recommenders.registry import BUILTIN, fitted_class
        for name in BUILTIN:
            fitted_class(name)
        heavy = ("django", "rest_framework", "celery", "lightfm", "sklearn")
        print(json.dumps([name for name in heavy if name in sys.modules]))
        """
    )

    assert loaded == []


@pytest.fixture
def _no_lightfm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process find no package of that name, as where it was not installed."""
    monkeypatch.setitem(sys.modules, "lightfm", None)


@pytest.mark.usefixtures("_no_lightfm")
def test_lightfm_absent__asked_for__says_what_to_install() -> None:
    with pytest.raises(RecommenderError, match=r"LightFM is not installed.*armature\[lightfm\]"):
        make("lightfm", {})

    assert missing("lightfm") is not None
    assert "lightfm" in names()
    assert "lightfm" not in available()
    assert broken() == {}


@pytest.mark.usefixtures("_no_lightfm")
def test_lightfm_absent__hybrid__blends_the_others(tmp_path: Path) -> None:
    data = checkerboard(20)
    recommender = fitted("hybrid", data)

    sha256 = saved(tmp_path / "a", "hybrid", data, recommender=recommender)

    state = set(load_artifact(tmp_path / "a", sha256=sha256).manifest["files"])
    assert {"state.popularity.scores", "state.item_knn.similar_columns"} <= state
    assert not any("lightfm" in name for name in state)


@pytest.mark.skipif(missing("lightfm") is not None, reason="LightFM is not installed")
@pytest.mark.parametrize("name", ["lightfm", "hybrid"])
def test_lightfm_absent__artifact_learned_elsewhere__is_served_all_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = checkerboard(20)
    recommender = fitted(name, data)
    sha256 = saved(tmp_path / "a", name, data, recommender=recommender)
    monkeypatch.setitem(sys.modules, "lightfm", None)

    artifact = load_artifact(tmp_path / "a", sha256=sha256)

    scores = score_unit(artifact, "unit-03")
    np.testing.assert_allclose(scores, scores_of(recommender, 3)[0], rtol=1e-5, atol=1e-6)
