"""Who may do what in which site: memberships decide; superusers may all, the inactive nothing.

What somebody is in each site is read once and kept on the user's object. A request makes that
object anew, so a role that was taken away is gone with the next request, in every process.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from experiments.models import Membership, Site
from experiments.roles import Action, Role, may

Roles = dict[int | None, frozenset[str]]  # by site; None: in every site, also those to come
KEPT = "_armature_roles"


def roles_of(user: Any, site_id: int | None) -> frozenset[str]:
    """Return what somebody is in a site; of None, what they are in every site.

    Empty for strangers, API keys and accounts that were switched off.
    """
    if not isinstance(user, get_user_model()) or not user.is_active:
        return frozenset()
    if user.is_superuser:
        return frozenset(Role)
    roles = _memberships(user)
    return roles.get(site_id, frozenset()) | roles.get(None, frozenset())


def can(user: Any, action: Action, site_id: int | None) -> bool:
    """Return whether somebody may do this in a site; of None, whether in every site."""
    return may(roles_of(user, site_id), action)


def can_somewhere(user: Any, action: Action) -> bool:
    """Return whether somebody may do this in one site or more."""
    return can(user, action, None) or bool(site_ids_of(user, action))


def sites_of(user: Any, action: Action) -> QuerySet[Site]:
    """Return the sites in which somebody may do this."""
    if can(user, action, None):
        return Site.objects.all()
    return Site.objects.filter(pk__in=site_ids_of(user, action))


def site_ids_of(user: Any, action: Action) -> list[int]:
    """Return the sites that a role in that very site lets somebody do this in.

    Roles in every site are not among them: ask `can(user, action, None)` first.
    """
    if not isinstance(user, get_user_model()) or not user.is_active:
        return []
    named = [site_id for site_id in _memberships(user) if site_id is not None]
    return [site_id for site_id in named if can(user, action, site_id)]


def people_within(people: QuerySet, user: Any, action: Action) -> QuerySet:
    """Return those of the people who have a role in a site where somebody may do this."""
    if can(user, action, None):
        return people
    mine = Q(site__in=site_ids_of(user, action))
    if not can_somewhere(user, action):
        return people.none()
    # Who has a role in every site has one in these too.
    members = Membership.objects.filter(mine | Q(site=None))
    return people.filter(pk__in=members.values("user"))


def governs(user: Any, other: Any) -> bool:
    """Return whether somebody may change another's account: all roles of it are theirs to give.

    A password changed for somebody is a way to act as them, so one shared site is not enough.
    """
    if can(user, Action.PEOPLE, None):
        return bool(user.is_superuser or not other.is_superuser)
    sites = set(other.memberships.values_list("site_id", flat=True))
    is_within = bool(sites) and all(can(user, Action.PEOPLE, site_id) for site_id in sites)
    return is_within and not other.is_superuser


def forget_roles(user: Any) -> None:
    """Drop what was read of somebody's roles: they have just changed."""
    if hasattr(user, KEPT):
        delattr(user, KEPT)


def _memberships(user: Any) -> Roles:
    roles: Roles | None = getattr(user, KEPT, None)
    if roles is None:
        roles = {}
        for site_id, role in Membership.objects.filter(user=user).values_list("site_id", "role"):
            roles[site_id] = roles.get(site_id, frozenset()) | {role}
        setattr(user, KEPT, roles)
    return roles
