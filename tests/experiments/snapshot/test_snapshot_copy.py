"""The snapshot's last good copy on disk: who may read it, and what a damaged one does."""

import json
import os
import stat
from pathlib import Path

import pytest
from pytest_django import Settings

from experiments import snapshot
from experiments.keys import create_api_key
from experiments.models import Site
from tests.experiments.sites import a_ready_site, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_ready_site()


def copy_path(settings: Settings) -> Path:
    return Path(settings.DATA_DIR) / "snapshot.json"


def test_copy__of_everything__is_the_snapshot_and_only_its_owners(
    site: Site, settings: Settings
) -> None:
    started(site, eligibility={"country": {"$in": ["DE", "Österreich 😀"]}})
    create_api_key(site=site, name="shop")

    loaded = snapshot.current()

    path = copy_path(settings)
    assert snapshot.restore() == loaded
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.glob("snapshot*")] == ["snapshot.json"]


def test_copy__left_half_written_by_a_process_of_the_same_id__is_replaced(
    site: Site, settings: Settings
) -> None:
    left = copy_path(settings).with_name(f"snapshot.json.{os.getpid()}")
    left.write_text("half")
    left.chmod(0o644)

    snapshot.current()

    assert stat.S_IMODE(copy_path(settings).stat().st_mode) == 0o600
    assert not left.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b'{"version": 1}',
        b'{"version": 1, "keys": {}, "sites": {"1": {"slug": 5}}}',
        b'{"version": "\xff", "keys": {}, "sites": {}}',
    ],
    ids=["empty", "torn", "not text", "deep", "null", "parts missing", "wrong types", "bad text"],
)
def test_copy__damaged__is_ignored_and_said(
    settings: Settings, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    copy_path(settings).write_bytes(content)

    assert snapshot.restore() is None
    assert "copy on disk cannot be read" in caplog.text


def test_copy__cut_anywhere__is_ignored(site: Site, settings: Settings) -> None:
    snapshot.current()
    whole = copy_path(settings).read_bytes()

    for length in range(0, len(whole), 97):
        copy_path(settings).write_bytes(whole[:length])
        assert snapshot.restore() is None


def test_copy__never_made__is_none_and_nothing_to_speak_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert snapshot.restore() is None
    assert caplog.text == ""


def test_copy__disk_refuses__is_said_and_stops_nobody(
    site: Site, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    started(site)
    copy_path(settings).mkdir()

    assert len(snapshot.current().sites[site.pk].experiments) == 1
    assert "configuration not copied to disk" in caplog.text


def test_copy__holds_digests_and_no_secret(site: Site, settings: Settings) -> None:
    row, secret = create_api_key(site=site, name="shop")
    snapshot.current()

    content = copy_path(settings).read_text()

    assert secret not in content
    assert row.digest in json.loads(content)["keys"]
