"""Reading request bodies: size, encoding and shape, before anything else sees them."""

import re
import zlib
from typing import TypeVar

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError

from experiments.accepting import Refused, check_free_form, explain
from experiments.api.problems import Problem

MAX_BODY = 1024 * 1024
MAX_INFLATED = 1024 * 1024
NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
T = TypeVar("T")


def read_body(request: HttpRequest) -> bytes:
    """Return the body, inflated when gzipped; raises Problem 413 or 400 beyond the limits."""
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
    if request.META.get("HTTP_CONTENT_ENCODING", "").lower() == "gzip":
        raw = _inflate(raw)
    if b"\x00" in raw or NUL_ESCAPE.search(raw):
        raise Problem(
            400,
            "nul_character",
            "the body holds a NUL character",
            hint="Remove \\u0000 from every text.",
        )
    return raw


def _too_large() -> Problem:
    return Problem(
        413,
        "too_large",
        f"the body is larger than {MAX_BODY} bytes",
        hint="Send at most 500 events and 1 MiB in one request.",
    )


def _inflate(raw: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    try:
        out = inflater.decompress(raw, MAX_INFLATED + 1)
    except zlib.error:
        raise Problem(400, "invalid_gzip", "the body is not valid gzip") from None
    if len(out) > MAX_INFLATED:
        raise _too_large()
    return out


def decode(raw: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """Return the decoded body; raises Problem 400 that names the field."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        field, detail = explain(error)
        raise Problem(400, "invalid_field", detail, field=field) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "invalid_json", f"the body is not valid JSON: {error}"[:300]) from None


def check_bag(name: str, bag: object) -> None:
    """Raise Problem 400 when free-form attributes are too deep, too long or out of range."""
    try:
        check_free_form(name, bag)
    except Refused as refusal:
        raise Problem(400, refusal.code, refusal.detail, field=refusal.field) from None
