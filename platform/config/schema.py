"""What the OpenAPI document adds to what the framework sees: plain views, refusals, keys."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from experiments.api.operations import OPERATIONS as EXPERIMENTS_OPERATIONS
from experiments.api.operations import Operation
from recommenders.api.item_shapes import ItemBatch, PatchedItems
from recommenders.api.operations import OPERATIONS as RECOMMENDERS_OPERATIONS

OPERATIONS = (*RECOMMENDERS_OPERATIONS, *EXPERIMENTS_OPERATIONS)
# Bodies of framework views that a struct decodes: it takes the place of the serializer's shape.
DECODED = (ItemBatch, PatchedItems)
SCHEMAS = "#/components/schemas/"
PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail", "field", "hint", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "A URN that names the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; decide by this one."},
        "detail": {"type": "string"},
        "field": {"type": ["string", "null"], "description": "The place in the body."},
        "hint": {"type": ["string", "null"], "description": "What to do about it."},
        "request_id": {"type": "string", "format": "uuid"},
        "version": {"type": "integer", "description": "After an edit conflict: the present one."},
        "diff": {
            "type": "array",
            "description": "After an edit conflict: each field on which the two editors differ.",
            "items": {
                "type": "object",
                "required": ["field", "yours", "theirs", "base"],
                "properties": {"field": {"type": "string"}, "yours": {}, "theirs": {}, "base": {}},
            },
        },
    },
    "examples": [
        {
            "type": "urn:armature:problem:invalid_field",
            "title": "The request is malformed",
            "status": 400,
            "code": "invalid_field",
            "detail": "Expected `int` <= 100",
            "field": "k",
            "hint": None,
            "request_id": "3ac0a7e2-9e62-4b83-8d0a-6a1f9d3f0d55",
        }
    ],
}
KEY_SCHEMES = {
    "key": {"type": "http", "scheme": "bearer"},
    "keyHeader": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
REFUSALS = {
    400: "Malformed input; `field` names the place.",
    401: "No valid key.",
    403: "The key lacks the scope, or the origin is not allowed.",
    404: "Unknown here.",
    406: "Only JSON can be answered.",
    409: "The state does not allow it.",
    411: "The body has no length.",
    413: "Beyond 1 MiB, 500 events or 1 000 items.",
    415: "Not JSON, or a content encoding other than gzip.",
    429: "Too many requests; wait for `Retry-After`.",
    503: "Cannot be done now; wait for `Retry-After`.",
}
ALWAYS, WITH_BODY, OF_FRAMEWORK = (400, 401, 403, 429, 503), (411, 413, 415), (406,)
CHANGES_STATE = frozenset(
    {
        "experiments_create",
        "experiments_act",
        "experiments_edit",
        "experiments_clone",
        "experiments_decide",
        "share_links_create",
        "templates_use",
    }
)
# Those that name an experiment in their body or query, not in their path.
NAMES_ONE = frozenset(
    {
        "analyses_list",
        "analyses_create",
        "explorations_list",
        "explorations_create",
        "share_links_list",
        "share_links_create",
    }
)


class KeyScheme(OpenApiAuthenticationExtension):
    """How the document describes a site's key; found by the generator through its target."""

    target_class = "experiments.api.authentication.KeyAuthentication"
    name = list(KEY_SCHEMES)

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        """Return both ways to send the key."""
        return list(KEY_SCHEMES.values())


def complete(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Return the document with the plain views, and with every refusal as a problem document."""
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    paths = result.setdefault("paths", {})
    for path, method, operation in _operations(paths):
        _add_refusals(operation, _statuses(path, method, operation))
        operation.pop("security", None)
    for plain in OPERATIONS:
        schemas.update(_shapes_of(plain))
        paths.setdefault(plain.path, {})["post"] = _described(plain)
    schemas.update(_shapes(DECODED))
    result["paths"] = dict(sorted(paths.items()))
    schemas["Problem"] = PROBLEM
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = KEY_SCHEMES
    result["security"] = [{name: []} for name in KEY_SCHEMES]
    return result


def _operations(paths: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield path, method, operation


def _statuses(path: str, method: str, operation: dict[str, Any]) -> Iterable[int]:
    """Return the refusals that an endpoint of the framework may answer with."""
    yield from (*ALWAYS, *OF_FRAMEWORK)
    if "{" in path or operation["operationId"] in NAMES_ONE:
        yield 404
    if "requestBody" in operation:
        yield from WITH_BODY
    if operation["operationId"] in CHANGES_STATE:
        yield 409


def _add_refusals(operation: dict[str, Any], statuses: Iterable[int]) -> None:
    schema = {"$ref": f"{SCHEMAS}Problem"}
    for status in sorted(statuses):
        content = {"application/problem+json": {"schema": schema}}
        operation["responses"].setdefault(
            str(status), {"description": REFUSALS[status], "content": content}
        )


def _shapes_of(plain: Operation) -> dict[str, Any]:
    """Return the JSON schemas of an operation's structs, which are what decodes and encodes."""
    shapes = _shapes([plain.request, plain.response, *(shape for _name, shape in plain.replaced)])
    for name, shape in plain.replaced:
        items = {"$ref": SCHEMAS + shape.__name__}
        shapes[plain.request.__name__]["properties"][name]["items"] = items
    return shapes


def _shapes(types: Iterable[type]) -> dict[str, Any]:
    _refs, shapes = msgspec.json.schema_components(types, ref_template=SCHEMAS + "{name}")
    return dict(shapes)


def _described(plain: Operation) -> dict[str, Any]:
    answer = {"description": plain.summary, "content": _content(plain.response, plain.answer)}
    operation: dict[str, Any] = {
        "operationId": plain.operation_id,
        "summary": plain.summary,
        "description": plain.description,
        "tags": [plain.tag],
        "requestBody": {"required": True, "content": _content(plain.request, plain.example)},
        "responses": {str(plain.status): answer},
    }
    _add_refusals(operation, (*ALWAYS, *WITH_BODY, *plain.statuses))
    return operation


def _content(shape: type, example: dict[str, Any]) -> dict[str, Any]:
    examples = {"example": {"value": example}}
    schema = {"$ref": SCHEMAS + shape.__name__}
    return {"application/json": {"schema": schema, "examples": examples}}
