"""The demonstration as a newcomer runs it: a fresh installation, real processes, its report."""

import contextlib
import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.driving.background import free_port
from config.running import port_is_free
from tests.checks import ROOT, clean_environment

# Slow: it always runs on SQLite, so once is enough.
pytestmark = [pytest.mark.flow, pytest.mark.slow]


def demo(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "demo", *arguments],
        env=clean_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def fallbacks(database: Path) -> set[str]:
    """Return why lists of the demonstration came from elsewhere, "" for those that did not."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT DISTINCT fallback FROM experiments_slate").fetchall()
    return {reason for (reason,) in rows}


def test_demo__small_and_fresh__ends_with_a_report_beside_the_truth(tmp_path: Path) -> None:
    out, port = tmp_path / "out.json", free_port()
    size = ("--visitors", "600", "--days", "4", "--seed", "3")

    process = demo(tmp_path, "--exit", *size, "--port", str(port), "--json", str(out))
    said, talked = process.communicate(timeout=240)

    assert process.returncode == 0, talked
    assert re.search(r"2,400 items, 600 visitors", said)
    assert "The report beside the truth" in said
    assert f"http://127.0.0.1:{port}/reports/home-recommender/?site=demo" in said
    document = json.loads(out.read_bytes())
    assert document["units"] > 200
    assert document["calls"] > document["units"]
    assert {row["metric"] for row in document["lifts"]} == {
        "ctr", "conversion", "revenue_per_unit", "aov"
    }  # fmt: skip
    assert all(row["low"] is None or row["low"] < row["high"] for row in document["lifts"])
    assert {"breaker_open", "too_slow"}.isdisjoint(fallbacks(tmp_path / "armature.sqlite3"))
    assert port_is_free("127.0.0.1", port)


def test_demo__interrupted_half_way__leaves_nothing_running(tmp_path: Path) -> None:
    port = free_port()
    process = demo(tmp_path, "--visitors", "600", "--port", str(port))
    deadline = time.monotonic() + 90
    while port_is_free("127.0.0.1", port):
        assert time.monotonic() < deadline, "the web server never started"
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.1)

    process.send_signal(signal.SIGINT)
    said, _talked = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "The demonstration has stopped." in said
    assert port_is_free("127.0.0.1", port)
