"""Who is what in a site; accounts' groups and their way into the admin follow from it."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction

from experiments.access import can, forget_roles
from experiments.errors import InvalidInput, NotAllowed
from experiments.models import Membership, Site
from experiments.roles import Action, Role
from experiments.services.audit import record_change


@transaction.atomic
def set_roles(*, user: User, site: Site | None, roles: Iterable[str], actor: User) -> None:
    """Make these the roles of an account in a site; without a site, in every one.

    Raises InvalidInput on an unknown role, NotAllowed when the actor may not give roles there.
    """
    wanted = _known(roles)
    if not can(actor, Action.PEOPLE, site.pk if site else None):
        where = site.name if site else "every site"
        raise NotAllowed(f"{actor.get_username()} may not give roles of {where}")
    User.objects.select_for_update().get(pk=user.pk)
    held = Membership.objects.filter(user=user, site=site)
    before = set(held.values_list("role", flat=True))
    held.exclude(role__in=wanted).delete()
    for role in sorted(wanted - before):
        Membership.objects.create(user=user, site=site, role=role)
    forget_roles(user)
    if before != wanted:
        _record(user, site, before, wanted, actor)


def mirror_roles(user_id: int) -> None:
    """Let an account's groups and its way into the admin follow from its roles and powers.

    Groups that are not named like a role are left as they are.
    """
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return
    held = set(Membership.objects.filter(user=user).values_list("role", flat=True))
    for role in Role:
        if role in held:
            user.groups.add(Group.objects.get_or_create(name=role.value)[0])
        else:
            user.groups.remove(*Group.objects.filter(name=role.value))
    User.objects.filter(pk=user_id).update(is_staff=bool(held) or user.is_superuser)


def _known(roles: Iterable[str]) -> set[str]:
    wanted = {str(role) for role in roles}
    if unknown := sorted(wanted - set(Role)):
        known = ", ".join(Role)
        raise InvalidInput(f"unknown role {unknown[0]!r}", field="role", hint=f"Known: {known}.")
    return wanted


def _record(user: User, site: Site | None, before: set[str], after: set[str], actor: User) -> None:
    """Write the change into the record of the site, or of each when it is about every one."""
    scope: dict[str, Any] = {} if site else {"sites": "every"}
    for each in [site] if site else Site.objects.all():
        record_change(
            site=each,
            subject=f"roles of {user.get_username()}",
            action="set roles",
            actor=actor.get_username(),
            before={"roles": sorted(before)} | scope,
            after={"roles": sorted(after)} | scope,
        )
