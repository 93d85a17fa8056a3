"""A Django group per role, with the permissions that the screens give the role in some site.

Groups know no sites, so they decide nothing here: they say in Django's own words what memberships
decide, for whatever asks Django.
"""

from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.http import Http404, HttpRequest
from unfold.admin import ModelAdmin

from experiments.admin.base import ReadOnlyAdmin, StaffAdmin
from experiments.roles import ALLOWED, Role

if admin.site.is_registered(Group):
    admin.site.unregister(Group)  # Django's own screen of them


def give_permissions(app_config: AppConfig, using: str) -> None:
    """Make the roles' groups, with their permissions on the tables of one app."""
    screens = [
        screen
        for screen in admin.site._registry.values()
        if isinstance(screen, StaffAdmin) and screen.opts.app_label == app_config.label
    ]
    if not screens:
        return
    create_permissions(app_config, verbosity=0, using=using)
    for role in Role:
        group, _made = Group.objects.using(using).get_or_create(name=role.value)
        names = {name for screen in screens for name in permissions_of(role, screen)}
        _keep_only(group, app_config.label, names)


def permissions_of(role: Role, screen: StaffAdmin) -> list[str]:
    """Return the code names of the permissions that a role needs for a screen."""
    verbs = ["view"] if screen.view_action in ALLOWED[role] else []
    if screen.action in ALLOWED[role] and not isinstance(screen, ReadOnlyAdmin):
        verbs += ["add", "change", "delete"]
    return [f"{verb}_{screen.opts.model_name}" for verb in verbs]


def _keep_only(group: Group, app_label: str, names: set[str]) -> None:
    wanted = Permission.objects.using(group._state.db).filter(
        content_type__app_label=app_label, codename__in=names
    )
    held: Any = group.permissions.filter(content_type__app_label=app_label)
    group.permissions.remove(*held.exclude(pk__in=wanted))
    group.permissions.add(*wanted)


@admin.register(Group)
class GroupAdmin(auth_admin.GroupAdmin, ModelAdmin):
    """Groups of permissions, which mirror the roles; for superusers alone."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Leave groups to superusers."""
        return _is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave groups to superusers."""
        return _is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave groups to superusers."""
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave groups to superusers."""
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave groups to superusers."""
        return _is_superuser(request)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> Any:
        raise Http404(f"There is no {opts.verbose_name} {object_id!r}.")


def _is_superuser(request: HttpRequest) -> bool:
    person: Any = request.user
    return bool(person.is_active and person.is_superuser)
