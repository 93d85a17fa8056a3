"""Keeps Django's groups in step with memberships, whoever changed those, and however."""

from typing import Any

from django.db.models.signals import post_delete, post_migrate, post_save

from experiments.models import Membership


def _follow(instance: Membership, **_kwargs: Any) -> None:
    from experiments.services.people import mirror_roles

    mirror_roles(instance.user_id)


def _make_groups(app_config: Any, using: str, **_kwargs: Any) -> None:
    # The screens tell which role needs what; they are not loaded yet when signals are connected.
    from experiments.admin.groups import give_permissions

    give_permissions(app_config, using)


def connect() -> None:
    """Follow memberships, and make a group per role when tables are migrated."""
    for signal in (post_save, post_delete):
        signal.connect(_follow, sender=Membership, dispatch_uid=f"mirror-{id(signal)}")
    post_migrate.connect(_make_groups, dispatch_uid="groups-of-roles")
