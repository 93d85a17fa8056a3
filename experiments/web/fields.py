"""Form fields of the pages about experiments: native controls, looks from the style sheet."""

from datetime import datetime
from typing import Any

from django import forms

from experiments.admin.fields import SafeJSONField
from experiments.clock import zone

WRITTEN = "%Y-%m-%dT%H:%M"  # what a browser's picker of moments reads and writes


def whole(low: int, high: int, **kwargs: Any) -> forms.IntegerField:
    """Return a field for a whole number within bounds."""
    return forms.IntegerField(min_value=low, max_value=high, **kwargs)


def percent(*, low: float = 0.01, high: float = 100, **kwargs: Any) -> forms.DecimalField:
    """Return a field for a share in per cent with two decimals."""
    return forms.DecimalField(min_value=low, max_value=high, decimal_places=2, **kwargs)


def text(*, rows: int = 0, longest: int = 2_000, **kwargs: Any) -> forms.CharField:
    """Return a field for words; `rows` makes it a box of several lines."""
    if rows:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
    return forms.CharField(max_length=longest, **kwargs)


class MomentField(forms.CharField):
    """A day and a time in a site's zone, picked in the browser's own control; may be left out."""

    def __init__(self, **kwargs: Any) -> None:
        picker = forms.TextInput(attrs={"type": "datetime-local"})
        super().__init__(required=False, max_length=40, widget=picker, **kwargs)
        self.zone_name = "UTC"

    def in_zone(self, name: str) -> None:
        """Read and show moments in this zone, and say so beside the field."""
        self.zone_name = name
        self.help_text = f"In the site’s time zone, {name}."

    def clean(self, value: Any) -> datetime | None:
        """Return the moment, None when nothing was picked."""
        written = super().clean(value)
        if not written:
            return None
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            raise forms.ValidationError("Write a day and a time: 2026-12-01T09:00.") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=zone(self.zone_name))

    def prepare_value(self, value: Any) -> Any:
        """Show a stored moment as the control writes it."""
        if isinstance(value, datetime):
            return value.astimezone(zone(self.zone_name)).strftime(WRITTEN)
        return super().prepare_value(value)


class ObjectField(SafeJSONField):
    """A JSON object; nothing typed is an empty one."""

    def __init__(self, *, rows: int = 4, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        area = forms.Textarea(attrs={"rows": rows, "spellcheck": "false", "class": "su-code"})
        super().__init__(widget=area, **kwargs)

    def clean(self, value: Any) -> dict[str, Any]:
        """Return the object; a list or a bare value is a form error."""
        found = super().clean(value)
        if found is None or found == "":
            return {}
        if not isinstance(found, dict):
            raise forms.ValidationError('Write an object, e.g. {"country": "DE"}.')
        return found

    def prepare_value(self, value: Any) -> Any:
        """Show an empty object as nothing."""
        return "" if value == {} else super().prepare_value(value)


def add_error(form: forms.BaseForm, name: str | None, message: str) -> None:
    """Show an error at a field of the form, or above it where it has no such field."""
    form.add_error(name if name in form.fields else None, message)


def starting_rows(rows: list[dict[str, Any]], data: Any) -> list[dict[str, Any]] | None:
    """Return what rows begin with: what is stored, and nothing once something was posted.

    The page's own script may have stored a row that the page still posts as a new one; compared
    with what is stored it would be unchanged, and Django would take it for an empty one.
    """
    return rows if data is None else None


def percent_text(fraction: float | None) -> str:
    """Return a fraction in per cent as a form shows it.

    >>> percent_text(0.05), percent_text(0.3333), percent_text(None)
    ('5', '33.33', '')
    """
    if fraction is None:
        return ""
    return f"{100 * fraction:.2f}".rstrip("0").rstrip(".")
