"""The health of what is served: files of champions."""

import shutil
from pathlib import Path

import pytest
from pytest_django import Settings

from experiments.health.checks import health_checks
from recommenders.health import artifact_checks
from tests.factories import a_site, stocked, trained

pytestmark = pytest.mark.django_db


def test_artifacts__of_champions__are_missed_once_their_files_are_gone(settings: Settings) -> None:
    site = a_site()
    stocked(site)
    (artifact,) = trained(site, "popularity")
    (check,) = artifact_checks()
    assert (check.state, check.fix) == ("ok", "")

    shutil.rmtree(Path(settings.DATA_DIR) / artifact.path)

    (check,) = [each for each in health_checks() if each.name == "artifacts"]
    assert check.state == "failed"
    assert check.detail.startswith("1 of 1 champions")
    assert check.fix
