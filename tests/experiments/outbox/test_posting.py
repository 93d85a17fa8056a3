"""One POST to a checked address, against a real server."""

import shutil
import ssl
import subprocess
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from experiments.outbox.addresses import Target, target_of
from experiments.outbox.posting import PostFailed, post
from tests.experiments.outbox.receiver import listening

BODY = b'{"a": 1}'


def target(url: str) -> Target:
    return target_of(url, allow_private=True)


def test_post__server_answers__returns_the_status_and_sends_path_headers_and_body() -> None:
    with listening(status=201) as receiver:
        status = post(target(receiver.url), BODY, {"X-Test": "1"}, timeout_s=5)

    [request] = receiver.received
    assert status == 201
    assert (request.path, request.body) == ("/hook?x=1", BODY)
    assert request.headers["X-Test"] == "1"


def test_post__name_that_nobody_could_look_up_again__goes_to_the_checked_address() -> None:
    with listening() as receiver:
        rebound = replace(target(receiver.url), host="moved.invalid")
        post(rebound, BODY, {}, timeout_s=5)

    [request] = receiver.received
    assert request.headers["Host"] == f"moved.invalid:{rebound.port}"


def test_post__answered_with_a_redirect__does_not_follow_it() -> None:
    with listening() as inside, listening(status=302) as receiver:
        receiver.headers = {"Location": inside.url}
        assert post(target(receiver.url), BODY, {}, timeout_s=5) == 302

    assert len(receiver.received) == 1
    assert inside.received == []


def test_post__endless_answer__is_read_no_further_than_the_limit() -> None:
    with listening(status=200, body=b"x" * 50_000_000) as receiver:
        began = time.monotonic()
        assert post(target(receiver.url), BODY, {}, timeout_s=5) == 200

    assert time.monotonic() - began < 3


def test_post__answer_that_drips__is_left_after_the_time() -> None:
    with listening(status=200, body=b"x" * 100, drip_s=0.1) as receiver:
        began = time.monotonic()
        assert post(target(receiver.url), BODY, {}, timeout_s=0.5) == 200
        assert time.monotonic() - began < 2


def test_post__slow_answer__is_cut_after_the_time() -> None:
    with listening(wait_s=5.0) as receiver:
        began = time.monotonic()
        with pytest.raises(PostFailed, match=r"no answer within 0\.5 s"):
            post(target(receiver.url), BODY, {}, timeout_s=0.5)
        assert time.monotonic() - began < 2


def test_post__nobody_listens__says_so() -> None:
    with listening() as receiver:
        url = receiver.url

    with pytest.raises(PostFailed, match="ConnectionRefusedError"):
        post(target(url), BODY, {}, timeout_s=5)


def test_post__certificate_that_nobody_vouches_for__is_refused(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    received: list[bytes] = []
    url, server = _secured(tmp_path, received)
    with server, pytest.raises(PostFailed, match="CERTIFICATE_VERIFY_FAILED"):
        post(target(url), BODY, {}, timeout_s=5)

    assert received == []


def _secured(folder: Path, received: list[bytes]) -> tuple[str, HTTPServer]:
    """Return the address and the server of a certificate that signs itself."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-days", "1", "-nodes"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", *subject]
    subprocess.run(
        [*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(1))

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.handle_request, daemon=True).start()
    return f"https://localhost:{server.server_address[1]}/", server
