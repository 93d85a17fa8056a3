"""A corpus of hostile events, made by families: what is wrong, where, and as which bytes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from experiments.intake.shapes import MAX_AMOUNT

GOOD = "5f3c2f0a-6a3e-4a57-8a0b-0d3e6f1b9c%02x"
TEXTS = (
    "unit.visitor_id",
    "unit.account_id",
    "item_id",
    "order_id",
    "session_id",
    "items.item_id",
)
NAMES = ("event_id", "type", "occurred_at", "request_id", "exposure_token", "value.currency")
COUNTS = ("rank", "quantity", "items.quantity")
AMOUNTS = ("value.amount", "items.price")
BAGS = ("attributes", "properties")


@dataclass(frozen=True)
class Poison:
    """A value as JSON spells it, and the place of an event where it stands."""

    family: str
    place: str
    value: bytes

    @property
    def name(self) -> str:
        """Return what tells it from the others of its family."""
        return f"{self.place}={self.value[:60].decode('utf-8', 'backslashreplace')}"

    def raw(self, event_id: str) -> bytes:
        """Return the bytes of an event that is good but for this."""
        members = {
            "event_id": json.dumps(event_id).encode(),
            "type": b'"purchase"',
            "occurred_at": json.dumps(datetime.now(UTC).isoformat()).encode(),
            "unit": b'{"visitor_id": "v-1"}',
            "value": b'{"amount": 1, "currency": "EUR"}',
        }
        top, _, inner = self.place.partition(".")
        members[top] = self._member(top, inner)
        return b"{" + b",".join(b'"%s":%s' % (k.encode(), v) for k, v in members.items()) + b"}"

    def _member(self, top: str, inner: str) -> bytes:
        if not inner:
            return self.value
        named = b'"%s": %s' % (inner.encode(), self.value)
        if top == "items":
            beside = b"" if inner == "item_id" else b'"item_id": "sku-1", '
            return b"[{" + beside + named + b"}]"
        if top == "value":
            beside = b'"currency": "EUR", ' if inner == "amount" else b'"amount": 1, '
            return b"{" + beside + named + b"}"
        return b"{" + named + b"}"

    def is_named_by(self, field: str | None) -> bool:
        """Return whether a refusal's field leads to the place, or within it."""
        if field is None:
            return False
        top, _, inner = self.place.partition(".")
        if top in BAGS:  # their names are the sender's: "attributes[...]" is as near as it gets
            return field.startswith(top)
        place = f"{top}[0].{inner}" if top == "items" and inner else self.place
        return place.startswith(field) or field.startswith(place)


def corpus() -> list[Poison]:
    """Return every event that has to be refused, each once."""
    families = {
        "wrong type": _wrong_types(),
        "number": _numbers(),
        "money": _money(),
        "broken text": _broken_texts(),
        "length": _lengths(),
        "date": _dates(),
        "identity": _identities(),
        "name": _names(),
        "bag": _bags(),
    }
    found = [
        Poison(family, place, value)
        for family, members in families.items()
        for place, value in members
    ]
    return list(dict.fromkeys(found))


def _wrong_types() -> Iterator[tuple[str, bytes]]:
    scalars = {"text": b'"7"', "whole": b"7", "half": b"1.5", "true": b"true"}
    nested = {"list": b'["a"]', "object": b'{"a": 1}', "lists": b"[[1]]"}
    for place in TEXTS:
        for value in (scalars["half"], scalars["true"], b"false", b"-0.5", *nested.values()):
            yield place, value
    for place in NAMES:
        for value in (scalars["whole"], scalars["half"], scalars["true"], *nested.values()):
            yield place, value
    for place in (*COUNTS, *AMOUNTS):
        for value in (scalars["text"], scalars["true"], b'""', b'"nan"', *nested.values()):
            yield place, value
    for place in ("unit", "value", *BAGS):
        for value in (*scalars.values(), b"[]", b'["a"]', b'""', b"[{}]"):
            yield place, value
    for value in (*scalars.values(), b"{}", b"[1]", b"[null]", b'["a"]', b"[[]]", b"[{}]"):
        yield "items", value
    for place in ("event_id", "type", "occurred_at", "unit", "items", "value.amount", *BAGS):
        yield place, b"null"


def _numbers() -> Iterator[tuple[str, bytes]]:
    beyond = (2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30, 10**400)
    for place in COUNTS:
        for number in (-1, -(2**63), -(2**63) - 1, -(10**30), *beyond):
            yield place, str(number).encode()
        for value in (b"0.1", b"1.0000001", b"1e-3", b"-1e2", b"1e300", b'"Infinity"', b'"1e400"'):
            yield place, value
    yield "rank", b"0"
    yield "rank", b"-0"
    for place in TEXTS:
        for number in (2**53 + 1, -(2**53) - 1, 2**63, 2**64, 10**30, -(10**30), 10**400):
            yield place, str(number).encode()


def _money() -> Iterator[tuple[str, bytes]]:
    whole = (-1, -(MAX_AMOUNT), MAX_AMOUNT + 1, 2**63, 2**64, 10**30, -(10**30), 10**400)
    for place in AMOUNTS:
        for number in whole:
            yield place, str(number).encode()
        for value in (b"19.99", b"0.1", b"1e-2", b'"1999"', b'"19,99"', b'"NaN"', b'"-Infinity"'):
            yield place, value
    codes = ("USD", "eur", "EU", "EURO", "", " EUR", "EUR ", "€", "ЕUR", "E\u200bR", "978", "EUR\n")
    for code in codes:
        yield "value.currency", json.dumps(code).encode()
    yield "value", b"{}"
    yield "value", b'{"amount": 1}'
    yield "value", b'{"currency": "EUR"}'
    yield "value", b'{"amount": 1, "amount": -1, "currency": "EUR"}'
    yield "value", b'{"amount": 1, "currency": "EUR", "currency": "USD"}'
    yield "items", b'[{"item_id": "a", "price": %d, "quantity": 1000001}]' % MAX_AMOUNT


def _broken_texts() -> Iterator[tuple[str, bytes]]:
    nul = (b'"\\u0000"', b'"a\\u0000"', b'"\\u0000b"', b'"a\\u0000b\\u0000"')
    halves = (b'"\\ud800"', b'"\\udfff"', b'"a\\udc00\\ud800"', b'"\\ud83dx"', b'"\\uD83D\\uD83D"')
    octets = (b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe2\x82"')
    for place in TEXTS:
        for value in (*nul, *halves, *octets):
            yield place, value
    for bag in BAGS:
        for value in (*nul, *halves, *octets):
            yield f"{bag}.q", value
            yield bag, b"{%s: 1}" % value
            yield bag, b'{"deep": [{"list": [0, %s]}]}' % value


def _lengths() -> Iterator[tuple[str, bytes]]:
    for place in TEXTS:
        for text in ("", "v" * 257, "v" * 10_000, "é" * 257, "\U0001f600" * 257):
            yield place, json.dumps(text, ensure_ascii=False).encode()
    yield "exposure_token", b'"%s"' % (b"t" * 1025)
    yield "type", b'"%s"' % (b"t" * 65)
    yield "items", b"[%s]" % b",".join([b'{"item_id": "a"}'] * 501)


def _dates() -> Iterator[tuple[str, bytes]]:
    day = datetime.now(UTC).date().isoformat()
    spellings = [
        *("", "now", "today", day, f"{day}T", f"{day}T12", f"{day}T12:00", f"{day}T12:00:00"),
        *(f"{day}T24:00:00Z", f"{day}T25:00:00Z", f"{day}T12:60:00Z", f"{day}T12:00:60Z"),
        *(f"{day}T12:00:00+24:00", f"{day}T12:00:00+1:00", f"{day}T12:00:00 UTC"),
        *(f"{day}T12:00:00Z ", f" {day}T12:00:00Z", f"{day}T12:00:00ZZ", f"{day}T12:00:00+00:60"),
        *("2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z"),
        *("2026-00-10T00:00:00Z", "2026-01-00T00:00:00Z", "0000-01-01T00:00:00Z"),
        *("10000-01-01T00:00:00Z", "-2026-01-01T00:00:00Z", "+2026-01-01T00:00:00Z"),
        *("1970-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1900-01-01T00:00:00Z"),
        *("20261120T120000Z", "2026-W47-5T12:00:00Z", "2026-324T12:00:00Z", "20.11.2026"),
        *("11/20/2026 12:00 PM", "Fri, 20 Nov 2026 12:00:00 GMT", "1795000000", "NaN", "Infinity"),
        *("２０２６-11-20T12:00:00Z", f"{day}T12:00:00\u200bZ", f"{day}T12:00:00\\u0000Z"),
    ]
    for text in spellings:
        yield "occurred_at", json.dumps(text).replace("\\\\u", "\\u").encode()
    for days in (8, 30, 365, 36_500):
        past = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        yield "occurred_at", json.dumps(past).encode()


def _identities() -> Iterator[tuple[str, bytes]]:
    good = GOOD % 0
    texts = (
        *("", "1", "evt-1", good[:-1], good + "0", good.replace("-", "_"), good.replace("5", "g")),
        *("{" + good + "}", "urn:uuid:" + good, " " + good, good + " ", good + "\n", "-" * 36),
        *(good.replace("-", ""), "0" * 31, "0" * 33, "０" * 32, good[:8] + "\u200b" + good[8:]),
        *("null", "undefined", "[object Object]", "../../etc/hosts", "1 OR 1=1"),
    )
    for place in ("event_id", "request_id"):
        for text in texts:
            if text != good.replace("-", ""):  # a spelling of the same id
                yield place, json.dumps(text).encode()
        for value in (b'"\\u0000"', b'"\\ud800"', b'"\xff"'):
            yield place, value


def _names() -> Iterator[tuple[str, bytes]]:
    texts = (
        *("", "Purchase", "PURCHASE", "1st", "_view", "view item", "view-item", "view.item"),
        *("purchase ", " purchase", "purchase\n", "pürchase", "рurchase", "view\u200bitem"),
        *("<script>", "'; drop table", "%s", "{{x}}", "$ne", "\u202epurchase", "👍", "ａｂｃ"),
    )
    for text in texts:
        yield "type", json.dumps(text, ensure_ascii=False).encode()
    for value in (b'"\\u0000"', b'"a\\u0000"', b'"\\ud800"', b'"\xff"', b'"\xc0\x80"'):
        yield "type", value


def _bags() -> Iterator[tuple[str, bytes]]:
    beyond = (2**63, -(2**63) - 1, 2**64, 10**30, -(10**30), 10**400)
    for bag in BAGS:
        for number in beyond:
            yield f"{bag}.n", str(number).encode()
            yield bag, b'{"list": [1, {"n": %d}]}' % number
        for depth in (9, 20, 100, 900):
            yield bag, b'{"a": %s1%s}' % (b"[" * depth, b"]" * depth)
            yield bag, b'{"a": ' * depth + b"1" + b"}" * depth
        for count in (65, 100, 1000):
            yield bag, json.dumps({str(n): n for n in range(count)}).encode()
        for length in (257, 1000, 20_000):
            yield f"{bag}.t", b'"%s"' % (b"x" * length)
            yield bag, b'{"%s": 1}' % (b"x" * length)
            yield bag, b'{"a": ["b", {"%s": 1}]}' % (b"x" * length)
        for value in (b"1e309", b"-1e309", b"1e400", b"-1e99999"):
            yield f"{bag}.f", value
