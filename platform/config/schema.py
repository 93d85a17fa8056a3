"""What the OpenAPI document adds to what the views say: problem documents and keys."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "field": {"type": ["string", "null"]},
        "hint": {"type": ["string", "null"]},
        "request_id": {"type": "string"},
    },
}
KEY_SCHEMES = {
    "key": {"type": "http", "scheme": "bearer"},
    "keyHeader": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
REFUSALS = {
    "400": "Malformed input; `field` names the place.",
    "401": "No valid key.",
    "403": "The key lacks the scope, or the origin is not allowed.",
    "404": "Unknown here.",
    "413": "Beyond 1 MiB or 500 events.",
    "429": "Too many requests; wait for `Retry-After`.",
    "503": "Cannot be stored now; wait for `Retry-After`.",
}


class KeyScheme(OpenApiAuthenticationExtension):
    """How the document describes a site's key; found by the generator through its target."""

    target_class = "experiments.api.authentication.KeyAuthentication"
    name = list(KEY_SCHEMES)

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        """Return both ways to send the key."""
        return list(KEY_SCHEMES.values())


def add_problem_documents(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Return the schema with one problem document for every refusal, and the key's security."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = KEY_SCHEMES
    result["security"] = [{"key": []}, {"keyHeader": []}]
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            operation.pop("security", None)
            for status, text in REFUSALS.items():
                operation["responses"].setdefault(status, _refusal(text))
    return result


def _refusal(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {"application/problem+json": {"schema": schema}}}
