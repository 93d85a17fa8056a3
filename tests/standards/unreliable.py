"""A small proxy before a server: it refuses the first request and loses an answer."""

import contextlib
import http.client
import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

LATER = "1"  # seconds


class Proxy(ThreadingHTTPServer):
    """Answers the first request by itself and the second one after it was carried out: both 503."""

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = urlsplit(behind)
        self.seen: list[tuple[int, dict[str, str]]] = []
        self._turns = itertools.count()  # whose next step is one step, for all threads

    @property
    def url(self) -> str:
        """Return the address to send to."""
        return f"http://127.0.0.1:{self.server_port}"

    def turn(self) -> int:
        """Return how many requests came before this one."""
        return next(self._turns)


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_POST(self) -> None:
        turn = self.server.turn()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = 503 if turn == 0 else self._forward(body)
        self.server.seen.append((status, {k.lower(): v for k, v in self.headers.items()}))
        self._answer(503 if turn <= 1 else status)

    def _forward(self, body: bytes) -> int:
        behind = self.server.behind
        connection = http.client.HTTPConnection(behind.hostname or "", behind.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("POST", self.path, body, dict(self.headers))
            return connection.getresponse().status

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", LATER)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def unreliable(behind: str) -> Iterator[Proxy]:
    """Give a proxy before the server at an address, and end it."""
    with Proxy(behind) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
