"""Asks our own interface, or OFREP's bulk endpoint, for every unit, over kept connections.

usage: http_client.py assignments|recommendations|ofrep ADDRESS KEY FLAGS UNITS ANSWERS

Ends by printing how often each of our reasons occurred, as JSON.
"""

import json
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import msgspec

LANES = 4  # connections with one request each under way: the server is never idle
PLACEMENT = "home"  # whose list is asked for
PATHS = {
    "assignments": "/api/v1/assignments",
    "recommendations": "/api/v1/recommendations",
    "ofrep": "/ofrep/v1/evaluate/flags",
}


class Assignment(msgspec.Struct):
    experiment: str
    variant: str | None
    reason: str


class Assignments(msgspec.Struct):
    assignments: list[Assignment]


class Deciding(msgspec.Struct):
    key: str | None
    variant: str | None
    reason: str


class Recommendations(msgspec.Struct):
    experiment: Deciding


class Flag(msgspec.Struct):
    key: str
    value: dict[str, Any]
    metadata: dict[str, Any]


class Flags(msgspec.Struct):
    flags: list[Flag]


Found = dict[str, tuple[str, str]]  # flag → what the unit gets, and our reason


def main(which: str, address: str, key: str, flags: str, units: str, answers: str) -> None:
    body, read = PROTOCOLS[which]
    keys = json.loads(flags)
    reasons: Counter[str] = Counter()
    with open(units) as lines, open(answers, "w") as out:
        bodies = (body(json.loads(line)) for line in lines)
        for raw in _answers(address, PATHS[which], key, bodies):
            found = read(raw)
            out.write(json.dumps([found[flag][0] if flag in found else "" for flag in keys]) + "\n")
            reasons.update(reason for _told, reason in found.values())
    print(json.dumps(reasons))  # noqa: T201 - what the caller reads


def question(unit: dict[str, Any]) -> dict[str, Any]:
    """Return the question that asks for all experiments."""
    ids = dict(unit["ids"])
    return {
        "session_id": ids.pop("session_id", None),
        "unit": ids,
        "attributes": unit["attributes"],
        "consent": {"personalization": unit["consent"]},
        "qa": unit.get("qa", False),
    }


def wish(unit: dict[str, Any]) -> dict[str, Any]:
    """Return the question that asks for a list."""
    return {**question(unit), "placement": PLACEMENT, "k": 1}


def context(unit: dict[str, Any]) -> dict[str, Any]:
    """Return the request that asks for all flags."""
    ids = dict(unit["ids"])
    asked = {**unit["attributes"], "consent": {"personalization": unit["consent"]}}
    if visitor := ids.pop("visitor_id", None):
        asked["targetingKey"] = visitor
    return {"context": {**asked, **ids}}


def read_assignments(raw: bytes) -> Found:
    """Return the decisions about all experiments."""
    found = msgspec.json.decode(raw, type=Assignments).assignments
    return {
        each.experiment: (f"{each.experiment}:{each.variant}" if each.variant else "", each.reason)
        for each in found
    }


def read_recommendations(raw: bytes) -> Found:
    """Return the decision about the placement."""
    found = msgspec.json.decode(raw, type=Recommendations).experiment
    return {PLACEMENT: (f"{found.key}:{found.variant}" if found.variant else "", found.reason)}


def read_flags(raw: bytes) -> Found:
    """Return the values of all flags."""
    return {flag.key: (_told(flag.value), flag.metadata["reason"]) for flag in _flags(raw)}


def _flags(raw: bytes) -> list[Flag]:
    return msgspec.json.decode(raw, type=Flags).flags


def _told(value: dict[str, Any]) -> str:
    return f"{value['experiment']}:{value['variant']}" if value["variant"] else ""


PROTOCOLS: dict[
    str, tuple[Callable[[dict[str, Any]], dict[str, Any]], Callable[[bytes], Found]]
] = {
    "assignments": (question, read_assignments),
    "recommendations": (wish, read_recommendations),
    "ofrep": (context, read_flags),
}


def _answers(
    address: str, path: str, key: str, bodies: Iterable[dict[str, Any]]
) -> Iterator[bytes]:
    """Yield the answers in the order of the bodies."""
    place = urlsplit(address)
    lanes = [Lane(place.hostname or "", place.port or 80, path, key) for _ in range(LANES)]
    waiting = iter(bodies)
    while batch := list(islice(waiting, LANES)):
        for lane, body in zip(lanes, batch, strict=False):
            lane.send(msgspec.json.encode(body))
        for lane, _body in zip(lanes, batch, strict=False):
            yield lane.receive()


class Lane:
    """One kept connection; a bare socket, as the time of a client's library is not in question."""

    def __init__(self, host: str, port: int, path: str, key: str) -> None:
        self._socket = socket.create_connection((host, port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._socket.makefile("rb")
        head = f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nX-API-Key: {key}\r\n"
        self._head = f"{head}Content-Type: application/json\r\nContent-Length: ".encode()

    def send(self, body: bytes) -> None:
        self._socket.sendall(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)

    def receive(self) -> bytes:
        """Return the body of the answer; whatever is no 200 ends the run."""
        status = self._stream.readline()
        length: int | None = None
        while (line := self._stream.readline().lower()) not in (b"\r\n", b""):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        body = b"".join(self._chunks()) if length is None else self._stream.read(length)
        if b" 200 " not in status:
            raise SystemExit(f"{status!r} {body[:500]!r}")
        return body

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._stream.readline(), 16):
            yield self._stream.read(size)
            self._stream.readline()
        self._stream.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
