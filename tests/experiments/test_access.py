"""What somebody is in each site, and what follows from it."""

import pytest
from django.contrib.auth.models import AnonymousUser, User

from experiments.access import can, can_somewhere, roles_of, sites_of
from experiments.api.authentication import KeyUser
from experiments.models import Membership, Site
from experiments.roles import ALLOWED, Action, Role
from tests.factories import a_site

pytestmark = pytest.mark.django_db


def a_person(name: str = "sam", **roles: Role) -> User:
    """Return an account with a role in each named site."""
    user = User.objects.create_user(name)
    for slug, role in roles.items():
        Membership.objects.create(user=user, site=Site.objects.get(slug=slug), role=role)
    return user


@pytest.mark.parametrize("role", Role)
def test_can__of_each_role__is_the_table_in_its_site_and_nothing_elsewhere(role: Role) -> None:
    mine, other = a_site("mine"), a_site("other")
    user = a_person(mine=role)

    assert {action for action in Action if can(user, action, mine.pk)} == ALLOWED[role]
    assert not any(can(user, action, other.pk) for action in Action)
    assert not any(can(user, action, None) for action in Action)


def test_roles__of_one_and_of_every_site__add_up() -> None:
    mine, later = a_site("mine"), a_site("later")
    user = a_person(mine=Role.EDITOR)
    Membership.objects.create(user=user, site=None, role=Role.ANALYST)

    assert roles_of(user, mine.pk) == {"editor", "analyst"}
    assert roles_of(user, later.pk) == {"analyst"}
    assert roles_of(user, None) == {"analyst"}


def test_sites__of_an_action__are_those_where_a_role_allows_it() -> None:
    for slug in ("mine", "seen", "other"):
        a_site(slug)
    user = a_person(mine=Role.EDITOR, seen=Role.VIEWER)

    assert [site.slug for site in sites_of(user, Action.VIEW)] == ["mine", "seen"]
    assert [site.slug for site in sites_of(user, Action.EDIT)] == ["mine"]
    assert can_somewhere(user, Action.EDIT)
    assert not can_somewhere(user, Action.MANAGE)


def test_superuser__may_everything_everywhere() -> None:
    site = a_site()
    user = User.objects.create_superuser("ada")

    assert all(can(user, action, site.pk) for action in Action)
    assert list(sites_of(user, Action.PEOPLE)) == [site]


@pytest.mark.parametrize("is_superuser", [False, True])
def test_account__switched_off__may_nothing(is_superuser: bool) -> None:
    site = a_site()
    user = a_person(shop=Role.ADMIN)
    user.is_active, user.is_superuser = False, is_superuser

    assert not any(can(user, action, site.pk) for action in Action)
    assert not can_somewhere(user, Action.VIEW)
    assert not sites_of(user, Action.VIEW).exists()


@pytest.mark.parametrize("stranger", [AnonymousUser(), KeyUser("sk_1"), None])
def test_stranger__may_nothing(stranger: object) -> None:
    site = a_site()

    assert not any(can(stranger, action, site.pk) for action in Action)
    assert not can_somewhere(stranger, Action.VIEW)
    assert not sites_of(stranger, Action.VIEW).exists()


def test_role__taken_away__is_gone_with_the_next_request_and_read_once_in_each(
    django_assert_num_queries: object,
) -> None:
    site = a_site()
    user = a_person(shop=Role.EDITOR)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert can(user, Action.EDIT, site.pk)
        assert can(user, Action.VIEW, site.pk)
        assert can_somewhere(user, Action.STOP)

    Membership.objects.all().delete()

    assert not can(User.objects.get(pk=user.pk), Action.EDIT, site.pk)
