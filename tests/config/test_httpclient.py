"""The client against a real server of the standard library."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from config.httpclient import ApiClient, ApiError, ApiUnavailable


@dataclass
class Script:
    """What the server answers, in turn (the last one for ever), and what it saw."""

    answers: list[tuple[int, dict[str, str], bytes]]
    seen: list[tuple[str, str, Any]] = field(default_factory=list)
    peers: set[Any] = field(default_factory=set)

    def next(self) -> tuple[int, dict[str, str], bytes]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(script: Script) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            script.seen.append((self.path, self.headers["Authorization"], json.loads(body)))
            script.peers.add(self.client_address)
            status, headers, raw = script.next()
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(raw)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_post__several_calls__share_one_connection() -> None:
    script = Script([(202, {}, b'{"accepted": 1}')])
    with serving(script) as url, ApiClient(url, key="sk_x") as client:
        answers = [client.post("/api/v1/events", {"n": n}) for n in range(3)]

    assert answers == [{"accepted": 1}] * 3
    assert script.seen[0] == ("/api/v1/events", "Bearer sk_x", {"n": 0})
    assert len(script.peers) == 1


def test_post__two_threads__use_a_connection_each() -> None:
    script = Script([(200, {}, b"1")])
    both = threading.Barrier(2)
    with serving(script) as url, ApiClient(url, key="sk_x") as client:

        def call() -> None:
            both.wait()
            client.post("/", {})

        threads = [threading.Thread(target=call) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(script.peers) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_post__asked_to_wait__waits_and_tries_again(status: int) -> None:
    script = Script([(status, {"Retry-After": "2"}, b"{}"), (200, {}, b'"done"')])
    waits: list[float] = []
    with serving(script) as url, ApiClient(url, key="sk_x", sleep=waits.append) as client:
        answer = client.post("/", {})

    assert answer == "done"
    assert waits == [2.0]


def test_post__connection_dropped__opens_a_new_one() -> None:
    script = Script([(200, {}, b"1"), (0, {}, b""), (200, {}, b"2")])
    waits: list[float] = []
    with serving(script) as url, ApiClient(url, key="sk_x", sleep=waits.append) as client:
        answers = [client.post("/", {}), client.post("/", {})]

    assert answers == [1, 2]
    assert waits == [0.1]


def test_post__refused__raises_with_the_problem_document() -> None:
    problem = {"detail": "k is too large", "field": "k", "code": "out_of_range"}
    script = Script([(400, {}, json.dumps(problem).encode())])
    with (
        serving(script) as url,
        ApiClient(url, key="sk_x") as client,
        pytest.raises(ApiError, match=r"400: k is too large \(field k\)") as refused,
    ):
        client.post("/", {})

    assert refused.value.problem == problem
    assert len(script.seen) == 1


def test_post__refused_without_document__raises_with_the_status() -> None:
    script = Script([(502, {}, b"<html>")])
    with (
        serving(script) as url,
        ApiClient(url, key="sk_x") as client,
        pytest.raises(ApiError) as refused,
    ):
        client.post("/", {})

    assert (refused.value.status, refused.value.problem) == (502, {})


def test_post__never_ready__gives_up_with_the_reason() -> None:
    script = Script([(503, {}, b'{"detail": "not stored"}')])
    waits: list[float] = []
    with (
        serving(script) as url,
        ApiClient(url, key="k", attempts=3, sleep=waits.append) as client,
        pytest.raises(ApiUnavailable, match="3 times; last: 503: not stored"),
    ):
        client.post("/", {})

    assert waits == [0.1, 0.2]


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://shop.example", "http://"])
def test_client__not_a_web_address__is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        ApiClient(url, key="sk_x")
