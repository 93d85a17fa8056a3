"""A small HTTP client for our own API: one kept-alive connection per thread, patient retries."""

import contextlib
import http.client
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

RETRIED = frozenset({429, 503})
ATTEMPTS = 8
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0


class ApiError(Exception):
    """An answer that refuses: its status and its problem document ({} when there was none)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        field = f" (field {problem['field']})" if problem.get("field") else ""
        super().__init__(f"{status}: {problem.get('detail', 'no problem document')}{field}")
        self.status, self.problem = status, problem


class ApiUnavailable(Exception):
    """The service did not answer, or asked to wait, more often than the client is patient."""


class ApiClient:
    """Posts and gets JSON with a key; one instance may be used from many threads.

    Every thread gets a connection of its own, kept alive between calls. 429 and 503 are retried
    after the seconds of `Retry-After` (a growing pause without it), as are connections that
    break; every other status from 400 on raises ApiError with the problem document. After
    `attempts` tries ApiUnavailable is raised. A list whose answer was lost may be recorded twice;
    events are counted once by their ids, so sending them again is always safe.

        with ApiClient("http://127.0.0.1:8000", key="sk_…") as client:
            answer = client.post("/api/v1/recommendations", {"placement": "home", ...})
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str,
        timeout_s: float = 30.0,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"not an address of a web server: {base_url!r}")
        self._parts = parts
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        self._timeout_s, self._attempts, self._sleep = timeout_s, attempts, sleep
        self._local = threading.local()
        self._opened: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def __enter__(self) -> "ApiClient":
        """Return the client itself."""
        return self

    def __exit__(self, *_details: object) -> None:
        """Close the connections of all threads."""
        self.close()

    def close(self) -> None:
        """Close the connections of all threads; a later call opens new ones."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()

    def post(self, path: str, body: Any) -> Any:
        """Return the decoded answer to a JSON body; raises ApiError or ApiUnavailable."""
        return self.request("POST", path, msgspec.json.encode(body))

    def get(self, path: str) -> Any:
        """Return the decoded answer; raises ApiError or ApiUnavailable."""
        return self.request("GET", path)

    def request(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Return the decoded answer to one request, None for an empty one."""
        reason = ""
        for attempt in range(self._attempts):
            pause_s = min(FIRST_PAUSE_S * 2**attempt, LONGEST_PAUSE_S)
            try:
                status, headers, raw = self._send(method, path, body)
            except (http.client.HTTPException, OSError) as error:
                reason = f"{type(error).__name__}: {error}"
            else:
                if status not in RETRIED:
                    return _answer(status, raw)
                reason = str(ApiError(status, _problem(raw)))
                pause_s = _retry_after_s(headers, pause_s)
            if attempt + 1 < self._attempts:
                self._sleep(pause_s)
        raise ApiUnavailable(f"{method} {path} failed {self._attempts} times; last: {reason}")

    def _send(
        self, method: str, path: str, body: bytes | None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = self._connection()
        try:
            connection.request(method, path, body=body, headers=self._headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        except BaseException:
            connection.close()  # half an answer must not be taken for the next one
            raise

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            is_secure = self._parts.scheme == "https"
            make = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
            connection = make(self._parts.hostname or "", self._parts.port, timeout=self._timeout_s)
            self._local.connection = connection
            with self._lock:
                self._opened.append(connection)
        return connection


def _answer(status: int, raw: bytes) -> Any:
    if status >= 400:
        raise ApiError(status, _problem(raw))
    return msgspec.json.decode(raw) if raw else None


def _problem(raw: bytes) -> dict[str, Any]:
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
        document = msgspec.json.decode(raw)
        if isinstance(document, dict):
            return document
    return {}


def _retry_after_s(headers: http.client.HTTPMessage, otherwise: float) -> float:
    """Return the seconds that `Retry-After` asks for; its date form is not used here."""
    try:
        return min(max(float(headers["Retry-After"]), 0.0), LONGEST_PAUSE_S)
    except (TypeError, ValueError):
        return otherwise
