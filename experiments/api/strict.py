"""Inputs of the management endpoints: what they do not know they refuse, with what they do know."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail


class StrictInput(serializers.Serializer[Any]):
    """Refuses unknown fields: a misspelt one, passed over, would look like a change that was made.

    Storefronts' endpoints take them instead: a newer client must not fail at an older service.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated fields; raises ValidationError that names the first unknown one."""
        if isinstance(data, Mapping) and (
            unknown := [each for each in data if each not in self.fields]
        ):
            raise serializers.ValidationError({unknown[0]: self._unknown(unknown[0])})
        return super().to_internal_value(data)

    def _unknown(self, name: str) -> ErrorDetail:
        close = get_close_matches(name, self.fields, n=1)
        meant = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(self.fields)}."
        return ErrorDetail(f"unknown field {name[:80]!r}; {meant}", code="unknown_field")
