"""What the README says is so: its recommender, its calls, its variables and its links."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from experiments.keys import create_api_key
from experiments.models import ApiKey
from recommenders import registry
from recommenders.base import Queries
from tests.checks import ROOT
from tests.factories import running_experiment, simulated_site, two_variants
from tests.recommenders.data import checkerboard, fitted, reloaded

README = (ROOT / "README.md").read_text()
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


@pytest.fixture
def recent(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Put the README's file and line in place, as a reader would."""
    block = re.search(r"```python\n# recommenders/algorithms/recent\.py\n(.*?)```", README, re.S)
    line = re.search(r'`"(recent)": "recommenders\.algorithms\.recent\.Recent"`', README)
    assert block is not None
    assert line is not None
    (tmp_path / "readme_recent.py").write_text(block[1])
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(registry.BUILTIN, line[1], "readme_recent.Recent")
    yield line[1]
    registry.fitted_class.cache_clear()


def test_readme_recommender__learned_and_reloaded__scores_alike(
    recent: str, tmp_path: Path
) -> None:
    recommender = fitted(recent, checkerboard())

    scores = recommender.score(Queries(np.array([0, -1])))

    assert scores.shape == (2, 50)
    np.testing.assert_array_equal(scores[0], scores[1])
    artifact = reloaded(tmp_path, recent, checkerboard(), recommender)
    again = artifact.recommender.score(Queries(np.array([0, -1])))
    np.testing.assert_array_equal(scores, again)


@pytest.mark.django_db
def test_readme_calls__list_then_click__are_answered_as_written() -> None:
    site, _secret = simulated_site()
    running_experiment(site, "home-test", variants=two_variants())
    _row, key = create_api_key(site=site, name="browser", kind=ApiKey.Kind.PUBLISHABLE)
    bodies = re.findall(r"-d '(\{\"unit\".*?\})'", README)
    asked = json.loads(bodies[0])

    answer = Client().post(
        "/api/v1/recommendations",
        {**asked, "placement": "home"},
        content_type="application/json",
        headers={"X-API-Key": key},
    )

    assert answer.status_code == 200
    assert len(answer.json()["items"]) == asked["k"]
    example = re.search(r'"experiment": (\{[^}]*\})', README)
    assert example is not None
    assert set(json.loads(example[1])) == set(answer.json()["experiment"])


def test_readme_variables__every_one_that_is_read__has_a_row() -> None:
    settings = (ROOT / "platform" / "config" / "settings.py").read_text()
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", settings))
    launcher = {"ARMATURE_PYTHON", "ARMATURE_REQUIRE_ALL"}

    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.M))

    assert documented == read | launcher


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document__links_and_named_files__exist(name: str) -> None:
    text = (ROOT / name).read_text()
    links = {link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link}
    named = set(re.findall(r"`((?:\w[\w-]*/)+[\w.-]+\.(?:py|md|html|toml))`", text))
    # The reader's own new file is the one that is not there yet.
    named -= {"recommenders/algorithms/recent.py"}

    lacking = {path for path in links | named if not (ROOT / path).exists()}

    assert not lacking


def test_readme_verbs__that_it_names__are_in_the_launchers_help() -> None:
    launcher = (ROOT / "armature").read_text()

    verbs = set(re.findall(r"\./armature ([a-z]+)", README))

    assert {verb for verb in verbs if f"  {verb}" not in launcher and verb != "help"} == set()
