"""The spool: what is on the disk is imported once, whatever happened to who wrote it."""

import os
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from experiments.drain import drain_once
from experiments.intake.recovery import import_spool
from experiments.intake.segments import frame, open_segment, segments, used_bytes
from experiments.intake.slates import ServedSlate, slate_encoder
from experiments.intake.spool import SEGMENT_BYTES, spool, spool_folder
from experiments.models import InboxBatch, Site, Slate
from experiments.tasks import drain_inbox
from tests.checks import ROOT
from tests.experiments.drain.waiting import a_slate
from tests.factories import a_site

pytestmark = pytest.mark.django_db(transaction=True)

WRITER = """
import sys, uuid
from pathlib import Path
import django
from django.conf import settings
django.setup()
settings.DATA_DIR = Path(sys.argv[1])
from experiments.intake.spool import spool
for line in sys.stdin:
    assert spool.append([line.strip().encode()])
    print("kept", flush=True)
"""


def encoded(slate: ServedSlate) -> bytes:
    return slate_encoder.encode(slate)


def written(*slates: ServedSlate) -> Path:
    """Return the finished segment that holds these slates."""
    assert spool.append([encoded(slate) for slate in slates])
    spool.rotate()
    return segments(spool_folder())[-1]


def writer(data_dir: Path) -> "subprocess.Popen[str]":
    """Start another process that spools the records it is given, and says when each is kept."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        },
    )


def give(process: "subprocess.Popen[str]", slate: ServedSlate) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(encoded(slate).decode() + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "kept\n"


def stored() -> list[str]:
    while drain_once().batches:
        pass
    return sorted(str(each) for each in Slate.objects.values_list("request_id", flat=True))


def ids(slates: list[ServedSlate]) -> list[str]:
    return sorted(str(slate.request_id) for slate in slates)


def test_import__finished_segment__every_slate_once_and_the_file_gone() -> None:
    site = a_site()
    slates = [a_slate(site) for _ in range(3)]
    written(*slates)

    done = import_spool()

    assert (done.segments, done.slates, done.set_aside, done.torn) == (1, 3, 0, 0)
    assert segments(spool_folder()) == []
    assert stored() == ids(slates)
    assert import_spool().segments == 0


def test_import__committed_but_not_removed__changes_nothing_the_second_time() -> None:
    site = a_site()
    slates = [a_slate(site) for _ in range(3)]
    path = written(*slates)
    kept = path.read_bytes()
    import_spool()
    before = stored()
    path.write_bytes(kept)

    import_spool()

    assert stored() == before == ids(slates)


def test_import__segment_in_use__waits_until_it_is_finished() -> None:
    slate = a_slate(a_site())
    assert spool.append([encoded(slate)])

    while_open = import_spool()
    spool.rotate()

    assert while_open.segments == 0
    assert import_spool().slates == 1


def test_import__torn_end__keeps_the_whole_records_and_counts_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = a_site()
    slates = [a_slate(site) for _ in range(2)]
    path = written(*slates)
    with path.open("ab") as file:
        file.write(frame(encoded(a_slate(site)))[:-20])

    done = import_spool()

    assert (done.slates, done.torn, done.set_aside) == (2, 1, 0)
    assert "torn=1" in caplog.text
    assert stored() == ids(slates)


def test_import__damaged_record__sets_it_aside_and_takes_the_others() -> None:
    site = a_site()
    slates = [a_slate(site) for _ in range(3)]
    path = written(*slates)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b"home", b"hole") + lines[2])

    done = import_spool()

    assert (done.slates, done.set_aside) == (2, 1)
    assert b"hole" in (spool_folder() / "set-aside" / path.name).read_bytes()
    assert stored() == ids([slates[0], slates[2]])


def test_import__site_gone__sets_its_slates_aside_and_counts_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    doomed, other = Site.objects.create(slug="doomed", name="Doomed"), a_site("other")
    lost, kept = a_slate(doomed), a_slate(other)
    path = written(lost, kept)
    doomed.delete()

    done = import_spool()

    assert (done.slates, done.set_aside) == (1, 1)
    assert "spooled slates set aside count=1" in caplog.text
    assert str(lost.request_id) in (spool_folder() / "set-aside" / path.name).read_text()
    assert stored() == ids([kept])


def test_append__no_room__is_refused_and_what_is_kept_stays(settings: Settings) -> None:
    site = a_site()
    slates = [a_slate(site) for _ in range(3)]
    line = len(frame(encoded(slates[0])))
    settings.SPOOL_BYTES = 2 * line + 1

    outcomes = [spool.append([encoded(slate)]) for slate in slates]

    assert outcomes == [True, True, False]
    assert used_bytes(spool_folder()) <= settings.SPOOL_BYTES
    spool.rotate()
    import_spool()
    assert stored() == ids(slates[:2])
    assert spool.append([encoded(slates[2])])


def test_append__folder_cannot_be_made__is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings.DATA_DIR = tmp_path / "file"

    assert not spool.append([b"{}"])


def test_append__file_may_not_grow__leaves_no_half_record(settings: Settings) -> None:
    code = """
    import resource, signal, sys
    from pathlib import Path
    import django
    from django.conf import settings
    django.setup()
    settings.DATA_DIR = Path(sys.argv[1])
    from experiments.intake.spool import spool
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (25, 25))
    print(spool.append([b"12345"]), spool.append([b"1234567890"]), spool.append([b"1"]))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(settings.DATA_DIR)],
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["True", "False", "False"]
    (path,) = segments(spool_folder())
    assert path.read_bytes() == frame(b"12345")


def test_append__full_segment__begins_another() -> None:
    big = b"x" * (SEGMENT_BYTES // 2)

    for _ in range(3):
        assert spool.append([big])

    assert len(segments(spool_folder())) == 2


def test_append__many_threads__each_record_is_there_once() -> None:
    site = a_site()
    slates = [a_slate(site) for _ in range(200)]

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda slate: spool.append([encoded(slate)]), slates))

    assert all(outcomes)
    spool.rotate()
    assert import_spool().slates == 200
    assert stored() == ids(slates)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite in memory refuses at once")
def test_import__side_by_side__each_segment_by_one() -> None:
    site = a_site()
    for _ in range(6):
        written(a_slate(site))
    start = threading.Barrier(2)

    def run() -> int:
        start.wait()
        try:
            return import_spool().slates
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(run) for _ in range(2)]
        counts = [future.result() for future in futures]

    assert sum(counts) == 6
    assert InboxBatch.objects.count() == 6


def test_spool__two_processes_one_killed__only_the_orphan_is_imported(settings: Settings) -> None:
    site = a_site()
    slates = [a_slate(site) for _ in range(4)]
    data_dir = Path(settings.DATA_DIR)
    killed, living = writer(data_dir), writer(data_dir)
    try:
        for process, pair in ((killed, slates[:2]), (living, slates[2:])):
            for slate in pair:
                give(process, slate)
        in_use = import_spool()
        killed.kill()
        killed.wait()
        orphaned = import_spool()
        assert living.stdin is not None
        living.stdin.close()
        living.wait(20)
        ended = import_spool()
    finally:
        killed.kill()
        living.kill()

    assert (in_use.slates, orphaned.slates, ended.slates) == (0, 2, 2)
    assert stored() == ids(slates)


def test_import__segment_opened_but_empty__is_removed_once_nobody_has_it() -> None:
    spool_folder().mkdir()
    descriptor = open_segment(spool_folder())

    import_spool()
    while_open = len(segments(spool_folder()))
    os.close(descriptor)
    import_spool()

    assert (while_open, segments(spool_folder())) == (1, [])


def test_drain_task__segments_wait__imports_and_applies_them() -> None:
    slate = a_slate(a_site())
    written(slate)

    drain_inbox()

    assert Slate.objects.get().request_id == slate.request_id
    assert segments(spool_folder()) == []
