"""What the staff screens of every room share."""

from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from experiments.errors import ArmatureError


class ReadOnlyAdmin(ModelAdmin):
    """Shows rows that nobody edits."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: rows come from the service."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: rows are a record."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: rows are a record."""
        return False


def say(model_admin: ModelAdmin, request: HttpRequest, error: ArmatureError) -> None:
    """Show a refusal with its reason and what to do."""
    text = f"{error} {error.hint}" if error.hint else str(error)
    model_admin.message_user(request, text, messages.ERROR)


def actor_of(request: HttpRequest) -> str:
    """Return the name that status changes record."""
    user: Any = request.user
    return str(user.get_username())
