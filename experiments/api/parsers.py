"""Reading the bodies of the management endpoints as strictly as those of the storefront."""

from collections.abc import Mapping
from typing import Any

import msgspec
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from experiments.api.bodies import decode, read_body
from experiments.api.problems import Problem
from experiments.intake.refusals import MAX_INTEGER, members

MAX_DEPTH = 16  # a condition may nest eight deep, and stands some levels deep itself
_decoder = msgspec.json.Decoder()


class StrictJSONParser(BaseParser):
    """JSON of at most 1 MiB whose every value the database and the snapshot can hold.

    The framework's own parser takes what is no JSON number (1e400), endless nesting and bodies of
    any size.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the decoded body; raises a 400 or 413 problem."""
        request: Request = (parser_context or {})["request"]
        body = decode(read_body(request._request), _decoder)
        check_document(body)
        return body


def check_document(value: object, path: str = "", depth: int = MAX_DEPTH) -> None:
    """Raise Problem 400 on too deep nesting or on an integer beyond 64 bits."""
    if depth == 0:
        raise Problem(400, "too_deep", f"nested deeper than {MAX_DEPTH} levels", field=path)
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise Problem(400, "out_of_range", "a number is beyond 64 bits", field=path or None)
    for nested_path, nested in members(value, path):
        check_document(nested, nested_path, depth - 1)
