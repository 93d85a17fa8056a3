"""Form fields that take what people paste, and refuse what a database could not keep."""

import math
from collections.abc import Iterator
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

MAX_JSON = 20_000
MAX_INTEGER = 2**63 - 1


class SafeJSONField(forms.JSONField):
    """JSON as PostgreSQL keeps it too: bounded, finite numbers, no NUL, no half characters."""

    default_error_messages = {"invalid": "This is no valid JSON. Check quotes, commas, braces."}
    widget = UnfoldAdminTextareaWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 3}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the parsed value; whatever cannot be parsed or kept is a form error."""
        if isinstance(value, str) and len(value) > MAX_JSON:
            raise forms.ValidationError(f"Too long: at most {MAX_JSON:,} characters.")
        try:
            parsed = super().to_python(value)
            problem = next((why for leaf in _leaves(parsed) if (why := _unkeepable(leaf))), "")
        except (RecursionError, ValueError):  # too deep, or an integer of thousands of digits
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
        if problem:
            raise forms.ValidationError(problem)
        return parsed

    def prepare_value(self, value: Any) -> Any:
        """Show nothing as nothing, not as null."""
        return "" if value is None else super().prepare_value(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether the value changed; what cannot be parsed did."""
        try:
            return super().has_changed(initial, data)
        except (RecursionError, ValueError):
            return True

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Show again what was typed, as it was typed."""
        if isinstance(data, str) and not self.disabled:
            return forms.fields.InvalidJSONInput(data)
        return super().bound_data(data, initial)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def _unkeepable(leaf: Any) -> str:
    """Return why a value cannot be kept, "" when it can."""
    if isinstance(leaf, float) and not math.isfinite(leaf):
        return "Numbers must be finite: no NaN, no Infinity."
    if isinstance(leaf, int) and abs(leaf) > MAX_INTEGER:
        return "A number is too large."
    if isinstance(leaf, str) and ("\0" in leaf or any("\ud800" <= c <= "\udfff" for c in leaf)):
        return "A text holds characters that cannot be kept."
    return ""
