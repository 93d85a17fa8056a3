"""A real HTTP server on this machine that gets webhooks and answers as it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Received:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came in, and what is answered: a status, headers, a body, after some seconds."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    wait_s: float = 0.0
    drip_s: float = 0.0
    received: list[Received] = field(default_factory=list)
    url: str = ""

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Return the class that answers for this receiver."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                receiver.received.append(Received(self.path, dict(self.headers), body))
                time.sleep(receiver.wait_s)
                self._quietly(self._answer)

            def _answer(self) -> None:
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(receiver.body)))
                self.end_headers()
                if not receiver.drip_s:
                    self.wfile.write(receiver.body)
                    return
                for byte in receiver.body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(receiver.drip_s)

            def _quietly(self, answer: Callable[[], None]) -> None:
                try:
                    answer()
                except OSError:  # the sender has left, as it may
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Write nothing between the tests' own lines."""

        return Handler


@contextmanager
def listening(address: str = "127.0.0.1", **answer: object) -> Iterator[Receiver]:
    """Yield a receiver that listens until the block ends."""
    receiver = Receiver(**answer)  # type: ignore[arg-type]
    server = ThreadingHTTPServer((address, 0), receiver.handler())
    server.daemon_threads = True
    receiver.url = f"http://{address}:{server.server_address[1]}/hook?x=1"
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
