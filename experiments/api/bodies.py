"""Reading request bodies: size, encoding and shape, before anything else sees them."""

import json
import re
import zlib
from typing import Any, NoReturn, TypeVar

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError
from msgspec import Raw

from experiments.api.problems import Problem
from experiments.intake.refusals import (
    NUL_ESCAPE,
    Refused,
    check_free_form,
    explain,
    refuse_bad_text,
)
from experiments.intake.shapes import EventBatch, batch_decoder, decimal_of

MAX_BODY = 1024 * 1024
MAX_INFLATED = 1024 * 1024
SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
GZIP = frozenset({"gzip", "x-gzip"})
# text/plain: what a beacon sends while its page closes, as anything else would need a preflight.
MEDIA_TYPES = frozenset({"", "application/json", "text/plain"})
T = TypeVar("T")
_exact = msgspec.json.Encoder(decimal_format="number")


def read_body(request: HttpRequest) -> bytes:
    """Return the body, inflated when gzipped; raises Problem 400, 411, 413 or 415."""
    _require_json(request)
    if not request.META.get("CONTENT_LENGTH") and request.META.get("HTTP_TRANSFER_ENCODING"):
        raise Problem(411, "length_required", "the request has no Content-Length")
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
            raise _too_large()
        raw = request.body
    except RequestDataTooBig:
        raise _too_large() from None
    except (ValueError, UnreadablePostError, RawPostDataException):
        raise Problem(400, "unreadable_body", "the body could not be read") from None
    if len(raw) > MAX_BODY:
        raise _too_large()
    return _decompressed(raw, request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower())


def _require_json(request: HttpRequest) -> None:
    given = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if given not in MEDIA_TYPES:
        raise Problem(
            415,
            "unsupported_media_type",
            f"the media type {given[:80]!r} is not supported",
            hint="Send JSON with 'Content-Type: application/json'.",
        )


def _too_large() -> Problem:
    return Problem(
        413,
        "too_large",
        f"the body is larger than {MAX_BODY} bytes",
        hint="Send at most 500 events and 1 MiB in one request.",
    )


def _decompressed(raw: bytes, encoding: str) -> bytes:
    if encoding in {"", "identity"}:
        return raw
    if encoding in GZIP:
        return _inflate(raw)
    raise Problem(
        415,
        "unsupported_encoding",
        f"the content encoding {encoding[:40]!r} is not supported",
        hint="Send the body as it is, or with gzip.",
    )


def _inflate(raw: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    try:
        out = inflater.decompress(raw, MAX_INFLATED + 1)
    except zlib.error:
        raise _bad_gzip() from None
    if len(out) > MAX_INFLATED:
        raise _too_large()
    # Without its end the checksum was never compared: half a body would pass for a whole one.
    if not inflater.eof or inflater.unused_data:
        raise _bad_gzip()
    return out


def _bad_gzip() -> Problem:
    return Problem(400, "invalid_gzip", "the body is not valid gzip")


def decode(raw: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """Return the decoded body; raises Problem 400 that names the field."""
    try:
        value = decoder.decode(raw)
        if NUL_ESCAPE in raw:
            refuse_bad_text(value)
    except Refused as refusal:
        raise _problem_of(refusal) from None
    except msgspec.ValidationError as error:
        field, detail = explain(error)
        raise Problem(400, "invalid_field", detail, field=field) from None
    except RecursionError:
        raise Problem(400, "too_deep", "the body is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_json(raw, error) from None
    return value


def _not_json(raw: bytes, error: Exception) -> Problem:
    hint = r"Escapes like \ud83d come in pairs." if SURROGATE_ESCAPE.search(raw) else None
    return Problem(400, "invalid_json", f"the body is not valid JSON: {error}"[:300], hint=hint)


def _problem_of(refusal: Refused) -> Problem:
    return Problem(400, refusal.code, refusal.detail, field=refusal.field)


def decode_batch(raw: bytes) -> EventBatch:
    """Return a batch of events; raises Problem 400."""
    return decode_items(raw, batch_decoder, "events")


def decode_items(raw: bytes, decoder: "msgspec.json.Decoder[T]", name: str) -> T:
    """Return a body whose member `name` is a list of raw items; raises Problem 400.

    Browsers write half of a cut emoji as a lone escape, which the decoder refuses with the whole
    body. Such a body is taken apart, so that only the items that hold one are refused.
    """
    try:
        return decode(raw, decoder)
    except Problem:
        if not SURROGATE_ESCAPE.search(raw):
            raise
        if (body := _taken_apart(raw, decoder, name)) is None:
            raise
        return body


def _taken_apart(raw: bytes, decoder: "msgspec.json.Decoder[T]", name: str) -> T | None:
    try:
        body: Any = json.loads(raw, parse_constant=_refuse_constant, parse_float=decimal_of)
        items = [_raw_of(item) for item in body[name]]
        rest: Any = decoder.decode(_raw_of({**body, name: [None]}))
        changed: T = msgspec.structs.replace(rest, **{name: items})
        return changed
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _raw_of(value: object) -> Raw:
    """Return a value as it was sent, digit for digit unless half a character spoils it."""
    try:
        return Raw(_exact.encode(value))
    except (UnicodeEncodeError, OverflowError):
        return Raw(json.dumps(value, default=str).encode())


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def check_bag(name: str, bag: object) -> None:
    """Raise Problem 400 when free-form attributes are too deep, too long or out of range."""
    try:
        check_free_form(name, bag)
    except Refused as refusal:
        raise _problem_of(refusal) from None
