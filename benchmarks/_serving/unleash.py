"""unleash-server, which hands back a variant and no list: installed by npm, on the same PostgreSQL.

Its tokens and password are for loopback only; the process is gone when the benchmark ends.
"""

import contextlib
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import psycopg

from benchmarks._faults.parts import Part
from benchmarks._ports import free_port
from benchmarks._serving.load import Target
from config.processes import Service
from config.running import wait_ready

VERSION = "7.5.1"
TOKEN = "default:development.unleash-insecure-frontend-api-token"
LOGIN = {"username": "admin", "password": "unleash4all"}
PROGRAM = """
require('unleash-server').start({
  db: { ssl: false, host: '127.0.0.1', port: %(database_port)d, user: 'postgres', password: 'x',
        database: 'unleash' },
  server: { port: %(port)d, host: '127.0.0.1' },
  logLevel: 'error', versionCheck: { enable: false }, telemetry: false,
  authentication: { type: 'open-source', initApiTokens: [
    { environment: 'development', projects: ['*'], secret: '%(token)s', tokenName: 'front',
      type: 'frontend', project: 'default' }] },
});
"""


def has_npm() -> bool:
    """Return whether it can be installed here."""
    return shutil.which("npm") is not None and shutil.which("node") is not None


@contextlib.contextmanager
def an_unleash(folder: Path, database_url: str) -> Iterator[tuple[Target, Part]]:
    """Install and start it with one flag of two variants; yield what to ask and its process."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules" / "unleash-server").is_dir():
        _npm(folder)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE unleash")
    port = free_port()
    values = {"database_port": urlsplit(database_url).port, "port": port, "token": TOKEN}
    (folder / "start.js").write_text(PROGRAM % values)
    node = shutil.which("node") or "node"
    part = Part(Service("unleash", (node, "start.js"), {"NODE_ENV": "production"}, cwd=folder))
    part.start()
    try:
        url = f"http://127.0.0.1:{port}"
        wait_ready(f"{url}/health", 120)
        _make_flag(url)
        yield (
            Target(
                f"unleash-server {VERSION} /api/frontend, one variant flag",
                url,
                "/api/frontend?userId=@@&appName=bench",
                headers=(("Authorization", TOKEN),),
            ),
            part,
        )
    finally:
        part.end()


def _npm(folder: Path) -> None:
    argv = ["npm", "install", "--no-audit", "--no-fund", "--silent", f"unleash-server@{VERSION}"]
    subprocess.run(argv, cwd=folder, check=True, stdin=subprocess.DEVNULL, timeout=600)


def _make_flag(url: str) -> None:
    """Make the flag "home", on for everybody, with two variants by the unit's id."""
    jar = urllib.request.HTTPCookieProcessor(CookieJar())
    opener = urllib.request.build_opener(jar)
    features = f"{url}/api/admin/projects/default/features"
    strategies = f"{features}/home/environments/development/strategies"
    _sign_in(opener, url, patience=10)
    _post(opener, features, {"name": "home", "type": "experiment"})
    variants = [
        {"name": name, "weight": 500, "weightType": "variable", "stickiness": "userId"}
        for name in ("a", "b")
    ]
    rollout = {"rollout": "100", "stickiness": "userId", "groupId": "home"}
    body = {"name": "flexibleRollout", "parameters": rollout, "variants": variants}
    _post(opener, strategies, body)
    _post(opener, f"{features}/home/environments/development/on", {})


def _sign_in(opener: urllib.request.OpenerDirector, url: str, *, patience: int) -> None:
    """Sign in until it is remembered: right after its start the server may forget a session."""
    for _try in range(patience):
        _post(opener, f"{url}/auth/simple/login", LOGIN)
        try:
            opener.open(f"{url}/api/admin/user", timeout=20).close()
        except HTTPError:
            time.sleep(1)
        else:
            return
    raise RuntimeError(f"unleash-server forgot {patience} sessions")


def _post(opener: urllib.request.OpenerDirector, url: str, body: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    opener.open(request, timeout=20).close()
