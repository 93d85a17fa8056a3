"""What is run, where it listens and when it answers."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from config.running import default_services, port_is_free, wait_ready


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@pytest.fixture
def server_port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Healthy)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_default_services__given_a_port__name_the_five_programs() -> None:
    services = {service.name: service for service in default_services(port=8123, workers=2)}

    assert list(services) == ["web", "events", "compute", "training", "beat"]
    web = " ".join(services["web"].argv)
    assert "--port 8123" in web
    assert "--workers 2" in web
    assert "-Q events" in " ".join(services["events"].argv)


def test_default_services__given_variables__pass_them_to_every_program() -> None:
    services = default_services(env={"ARMATURE_DATA_DIR": "elsewhere"})

    assert {service.env["ARMATURE_DATA_DIR"] for service in services} == {"elsewhere"}


def test_port__that_something_listens_on__is_not_free(server_port: int) -> None:
    assert not port_is_free("127.0.0.1", server_port)


def test_port__shared_by_its_owner__is_not_free() -> None:
    with socket.socket() as owner:
        owner.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        owner.bind(("127.0.0.1", 0))
        owner.listen()

        assert not port_is_free("127.0.0.1", owner.getsockname()[1])


def test_port__closed_a_moment_ago__is_free(server_port: int) -> None:
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        port = owner.getsockname()[1]

    assert port_is_free("127.0.0.1", port)


def test_wait_ready__server_answers__returns_how_long_it_took(server_port: int) -> None:
    assert 0 <= wait_ready(f"http://127.0.0.1:{server_port}/healthz", 5) < 5


def test_wait_ready__nobody_answers__says_where_and_why() -> None:
    with pytest.raises(TimeoutError, match=r"127\.0\.0\.1:9/healthz did not answer .* refused"):
        wait_ready("http://127.0.0.1:9/healthz", 0.3)
