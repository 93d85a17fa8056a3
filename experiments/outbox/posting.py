"""One POST to an address that was checked: no second look-up, no redirect, no long answer."""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress

from experiments.outbox.addresses import Target

MOST_BYTES = 1024  # of an answer; nobody reads it, but a connection wants to be finished


class PostFailed(Exception):
    """A request that brought no answer; says why in a few words."""


def post(target: Target, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> int:
    """Return the status of the answer; raises PostFailed when none came within the time.

    The time is that of the whole exchange: a server that sends a byte now and then gains nothing.
    """
    connection = _Connection(target, timeout_s)
    watchdog = threading.Timer(timeout_s, connection.cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.request("POST", target.path, body, {"Host": target.host_header, **headers})
        answer = connection.getresponse()
        answer.read(MOST_BYTES)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PostFailed(_reason(error, connection.is_cut, timeout_s)) from None
    finally:
        watchdog.cancel()
        connection.close()
    return answer.status


def _reason(error: Exception, is_cut: bool, timeout_s: float) -> str:
    if is_cut or isinstance(error, TimeoutError):
        return f"no answer within {timeout_s:g} s"
    return f"{type(error).__name__}: {error}"[:300]


class _Connection(http.client.HTTPConnection):
    """Connects to the address that was checked, and shows the name's certificate for it."""

    def __init__(self, target: Target, timeout_s: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout_s)
        self._target = target
        self.is_cut = False
        # The library forgets its own as soon as an answer begins that ends with the connection.
        self._wire: socket.socket | None = None

    def connect(self) -> None:
        """Open the connection; a name is not looked up again."""
        place = (self._target.address, self._target.port)
        self.sock = self._wire = socket.create_connection(place, self.timeout)
        if self.is_cut:
            raise TimeoutError
        if self._target.scheme == "https":
            self._show_certificate(self.sock)

    def _show_certificate(self, plain: socket.socket) -> None:
        context = ssl.create_default_context()
        # The handshake comes after the socket is known, so that a slow one can be cut too.
        self.sock = self._wire = secured = context.wrap_socket(
            plain, server_hostname=self._target.host, do_handshake_on_connect=False
        )
        secured.do_handshake()

    def cut(self) -> None:
        """End the exchange from another thread: whoever waits for a byte reads the end."""
        self.is_cut = True
        if self._wire is not None:
            # The plain socket's own: that of a secured one would change it under its reader.
            with suppress(OSError):
                socket.socket.shutdown(self._wire, socket.SHUT_RDWR)
