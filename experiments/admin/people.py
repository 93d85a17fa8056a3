"""Accounts, groups and failed sign-ins, in the look of the other screens."""

from typing import Any

import axes.admin  # noqa: F401 - registered first, so that it can be replaced below
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from experiments.admin.base import StaffAdmin

POWERS = ("is_superuser", "groups", "user_permissions")

for model in (User, Group, AccessAttempt, AccessFailureLog, AccessLog):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin, ModelAdmin):
    """Accounts; only a superuser gives powers, or touches another superuser."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep people from giving themselves what they were not given."""
        found = super().get_readonly_fields(request, obj)
        return found if request.user.is_superuser else [*found, *POWERS]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave superusers to superusers."""
        return self._is_within(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave superusers to superusers."""
        return self._is_within(request, obj) and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:
        """Leave out the deletion of a selection, which looks at no single account."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @staticmethod
    def _is_within(request: HttpRequest, obj: Any) -> bool:
        return obj is None or not obj.is_superuser or request.user.is_superuser


@admin.register(Group)
class GroupAdmin(auth_admin.GroupAdmin, ModelAdmin):
    """Groups of permissions; only a superuser changes what a group may do."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave powers to superusers."""
        return request.user.is_superuser and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave powers to superusers."""
        return request.user.is_superuser and super().has_change_permission(request, obj)


@admin.register(AccessAttempt)
class AccessAttemptAdmin(StaffAdmin):
    """Failed sign-ins; deleting one unlocks the account."""

    list_display = ["attempt_time", "username", "ip_address", "failures_since_start"]
    search_fields = ["username", "ip_address"]
    fields = ["attempt_time", "username", "ip_address", "user_agent", "failures_since_start"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: rows come from the sign-in guard."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: rows are a record."""
        return False
