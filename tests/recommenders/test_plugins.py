"""Recommenders of other packages: a good one is served, a bad one is named and harms nobody."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.checks import run_checks

from recommenders import plugins, registry
from recommenders.contract import Candidate, broken_contracts
from recommenders.errors import PluginBroken
from recommenders.models import Recommender
from recommenders.registry import available, broken, broken_plugins, fitted_class, make, names
from tests.callers import caller_for
from tests.factories import a_site, stocked, trained
from tests.recommenders.data import checkerboard, fitted
from tests.recommenders.shop import ask, ids_of, with_history

SAMPLE = Path(__file__).parent / "sample_plugin"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder into which the sample package was installed, as pip does it."""
    source, target = (tmp_path_factory.mktemp(name) for name in ("source", "target"))
    shutil.copytree(SAMPLE, source, dirs_exist_ok=True)
    offline = ["--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    argv = [sys.executable, "-m", "pip", "install", "-q", *offline]
    argv += ["--target", str(target), str(source)]
    subprocess.run(argv, check=True, capture_output=True, timeout=120)
    return target


def _forget() -> None:
    for cached in (plugins.plugins, plugins._loaded, registry.fitted_class):
        cached.cache_clear()


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Return what puts folders of packages on Python's path until the test is over."""
    yield monkeypatch
    monkeypatch.undo()
    _forget()


def _found_in(path: pytest.MonkeyPatch, folder: Path) -> None:
    path.syspath_prepend(str(folder))
    _forget()


def test_sample__installed__is_registered_and_keeps_every_contract(
    path: pytest.MonkeyPatch, installed: Path
) -> None:
    _found_in(path, installed)

    assert "rising" in names()
    assert "rising" in available()
    assert broken() == {}
    assert broken_contracts(Candidate(fitted_class("rising"))) == {}


@pytest.mark.django_db
def test_sample__installed__is_trained_and_served_by_the_endpoint(
    path: pytest.MonkeyPatch, installed: Path
) -> None:
    _found_in(path, installed)
    site = a_site()
    stocked(site, 12)
    with_history(site)
    Recommender.objects.filter(site=site, key="rising").update(settings={"days": 40.0})
    trained(site, "popularity", "rising")
    site.placements.filter(key="home").update(parameters={"recommender": "rising"})

    body = {"unit": {"visitor_id": "v-9"}, "placement": "home", "k": 3}
    listed = caller_for(site).post("recommendations", body).json()

    assert listed["recommender"]["name"] == "rising"
    assert [item["item_id"] for item in listed["items"]] == ["sku-0", "sku-1", "sku-2"]


BAD = {
    "does not import": ("import a_library_that_is_gone", "a_library_that_is_gone"),
    "ends the process": ("raise SystemExit('goodbye')", "SystemExit: goodbye"),
    "has no such name": ("Another = 1", "AttributeError"),
    "is no class": ("Bad = 7", "not a class"),
    "lacks methods": (
        "class Bad:\n    can = frozenset()\n    defaults = {}\n    def __init__(self, s): pass",
        "no method fit",
    ),
    "has flags of its own": (
        "from recommenders.algorithms.random import Random\n"
        "class Bad(Random):\n    can = {'clairvoyant'}",
        "`can` must be a frozenset of Capability",
    ),
    "declares what it has not": (
        "from recommenders.algorithms.random import Random\n"
        "from recommenders.base import Capability\n"
        "class Bad(Random):\n    can = frozenset({Capability.PARTIAL})",
        "no method fit_partial",
    ),
    "has defaults that nobody can set": (
        "from recommenders.algorithms.random import Random\n"
        "class Bad(Random):\n    defaults = {'engine': object()}",
        "default of 'engine'",
    ),
    "refuses its own defaults": (
        "from recommenders.algorithms.random import Random\n"
        "class Bad(Random):\n    def __init__(self, settings): raise OSError('no licence')",
        "OSError: no licence",
    ),
}


def _package(folder: Path, code: str, name: str = "bad") -> Path:
    """Return a folder that holds a package whose entry point is `name`."""
    module = f"bad_{folder.name}_{name}".replace("-", "_")
    (folder / f"{module}.py").write_text(code)
    facts = folder / f"{module}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[armature.recommenders]\n{name} = {module}:Bad\n")
    return folder


@pytest.mark.parametrize("how", BAD)
def test_bad_plugin__whatever_is_wrong__is_named_by_a_check_and_left_out(
    path: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    code, reason = BAD[how]
    _found_in(path, _package(tmp_path, code))

    [warning] = [found for found in run_checks() if found.id == "armature.W002"]

    assert "'bad'" in warning.msg
    assert reason in warning.msg
    assert "bad_" in warning.msg  # the package
    assert not warning.is_serious()
    assert "bad" in names()
    assert "bad" not in available()
    with pytest.raises(PluginBroken, match="cannot be used"):
        make("bad", {})


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["does not import", "ends the process"])
def test_bad_plugin__its_artifact_is_asked_for__a_fallback_answers(
    path: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    good = (
        "from recommenders.algorithms.random import Random\nclass Bad(Random):\n    '''Good yet.'''"
    )
    _found_in(path, _package(tmp_path, good))
    site = a_site()
    stocked(site, 12)
    with_history(site)
    trained(site, "popularity", "bad")
    later = tmp_path / "later"
    later.mkdir()
    for facts in tmp_path.glob("*.dist-info"):
        shutil.rmtree(facts)
    _found_in(path, _package(later, BAD[how][0]))

    served = ask(site, {"recommender": "bad"}, k=5)

    assert served.recommender == "popularity"
    assert len(ids_of(served)) == 5
    assert served.fallback == "artifact_damaged"


def test_plugin__takes_a_built_in_name__ours_answers_and_the_check_says_so(
    path: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = "from recommenders.algorithms.random import Random as Bad"
    _found_in(path, _package(tmp_path, code, name="popularity"))

    assert "it is built in" in broken_plugins()["popularity"]
    assert names().count("popularity") == 1
    assert type(fitted("popularity", checkerboard(4))).__name__ == "Popularity"


def test_plugins__two_of_one_name__one_is_used_and_the_check_says_which(
    path: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = "from recommenders.algorithms.random import Random as Bad"
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        _found_in(path, _package(folder, code, name="twice"))

    assert "registered by 2 packages" in broken_plugins()["twice"]
    assert "twice" in available()
    assert make("twice", {}) is not None
