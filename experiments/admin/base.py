"""What the staff screens of every room share."""

from typing import Any

from django.contrib import messages
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from experiments.admin.fields import SafeJSONField
from experiments.errors import ArmatureError
from experiments.lifecycle import EDITABLE


class StaffAdmin(ModelAdmin):
    """A screen of ours: safe JSON fields, and no deletion of many rows at once.

    `fixed_fields`: what is written once, with the row, since other rows or the shop rest on it.
    """

    formfield_overrides = {
        models.JSONField: {
            "form_class": SafeJSONField,
            "widget": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        }
    }
    fixed_fields: tuple[str, ...] = ()

    def get_actions(self, request: HttpRequest) -> Any:
        """Leave out the deletion of a selection: rows are deleted one by one, looked at."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fix from the second look on what may be written once."""
        found = super().get_readonly_fields(request, obj)
        return found if obj is None else [*found, *self.fixed_fields]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fill in short names while they can still be written."""
        return {} if obj else super().get_prepopulated_fields(request, obj)


class ReadOnlyAdmin(StaffAdmin):
    """Shows rows that nobody edits."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: rows come from the service."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: rows are a record."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: rows are a record."""
        return False


def name_fields(form: Any) -> None:
    """Name the fields of a row in a table for readers who do not see the column's heading."""
    for name, field in form.fields.items():
        field.widget.attrs.setdefault("aria-label", str(field.label or name.capitalize()))


def is_editable(experiment: Any) -> bool:
    """Return whether the set-up of an experiment, or of one to be, may still change."""
    return experiment is None or experiment.pk is None or experiment.status in EDITABLE


def text_of(error: ArmatureError) -> str:
    """Return a refusal with its reason and what to do."""
    return f"{error}. {error.hint}" if error.hint else str(error)


def say(model_admin: ModelAdmin, request: HttpRequest, error: ArmatureError) -> None:
    """Show a refusal with its reason and what to do."""
    model_admin.message_user(request, text_of(error), messages.ERROR)


def actor_of(request: HttpRequest) -> str:
    """Return the name that status changes record."""
    user: Any = request.user
    return str(user.get_username())
