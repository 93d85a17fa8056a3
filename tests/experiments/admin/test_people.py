"""Giving roles, and what nobody may give themselves."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection

from experiments import services
from experiments.errors import InvalidInput, NotAllowed
from experiments.models import Change, Membership, Site
from tests.experiments.admin.forms import signed_in, superuser
from tests.factories import a_site, member

pytestmark = pytest.mark.django_db

ROLES = "/admin/experiments/membership/"
ACCOUNTS = "/admin/auth/user/"
PASSWORD = "a long password of theirs"


def roles(user: User) -> set[tuple[str | None, str]]:
    """Return the sites and roles of an account, as they are stored."""
    rows = Membership.objects.filter(user=user)
    return set(rows.values_list("site__slug", "role"))


def groups(user: User) -> set[str]:
    """Return the names of an account's groups."""
    return set(user.groups.values_list("name", flat=True))


def refusals(answer: Any) -> str:
    """Return the form's errors."""
    return str(answer.context["adminform"].form.errors)


def test_role__given_by_a_sites_admin__counts_at_once_and_is_on_record() -> None:
    site = a_site()
    sam = User.objects.create_user("sam")
    client = signed_in(member(site, "admin", "ada"))

    client.post(f"{ROLES}add/", {"username": "sam", "site": site.pk, "role": "editor"})

    sam.refresh_from_db()
    assert roles(sam) == {("shop", "editor")}
    assert (groups(sam), sam.is_staff) == ({"editor"}, True)
    change = Change.objects.get(site=site, subject="roles of sam")
    assert (change.actor, change.before, change.after) == (
        "ada",
        {"roles": []},
        {"roles": ["editor"]},
    )


def test_role__taken_away__closes_the_admin_and_is_on_record() -> None:
    site = a_site()
    sam = member(site, "editor")
    browser, client = signed_in(sam), signed_in(member(site, "admin", "ada"))
    row = Membership.objects.get(user=sam)

    client.post(f"{ROLES}{row.pk}/delete/", {"post": "yes"})

    sam.refresh_from_db()
    assert (roles(sam), groups(sam), sam.is_staff) == (set(), set(), False)
    assert browser.get("/admin/experiments/experiment/").status_code == 302
    assert Change.objects.get(subject="roles of sam").after == {"roles": []}


@pytest.mark.parametrize("target", ["other", ""])
def test_role__in_another_or_in_every_site__is_not_a_sites_admins_to_give(target: str) -> None:
    mine = a_site()
    other = a_site("other")
    ada = member(mine, "admin", "ada")
    site = other.pk if target else ""

    answer = signed_in(ada).post(f"{ROLES}add/", {"username": "ada", "site": site, "role": "admin"})

    assert "site" in answer.context["adminform"].form.errors
    assert roles(ada) == {("shop", "admin")}


def test_role__by_the_service__is_refused_to_whoever_may_not_give_it() -> None:
    site = a_site()
    editor = member(site, "editor")

    for where in (site, None):
        with pytest.raises(NotAllowed, match="sam may not give roles of"):
            services.set_roles(user=editor, site=where, roles=["admin"], actor=editor)

    assert roles(editor) == {("shop", "editor")}


def test_role__that_does_not_exist__is_refused_with_those_that_do() -> None:
    boss, sam = superuser(), User.objects.create_user("sam")

    with pytest.raises(InvalidInput, match="unknown role 'king'"):
        services.set_roles(user=sam, site=a_site(), roles=["king"], actor=boss)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("nobody", "There is no account"), ("sam", "sam is viewer there already"), ("\0", "Null")],
)
def test_role__of_a_name_that_will_not_do__is_refused(name: str, problem: str) -> None:
    site = a_site()
    member(site, "viewer")
    client = signed_in(superuser())

    answer = client.post(f"{ROLES}add/", {"username": name, "site": site.pk, "role": "viewer"})

    assert problem in refusals(answer)
    assert Membership.objects.count() == 1


def test_role__in_every_site__is_given_by_a_superuser_and_recorded_in_each() -> None:
    sites = [a_site("one"), a_site("two")]
    sam = User.objects.create_user("sam")

    signed_in(superuser()).post(f"{ROLES}add/", {"username": "sam", "site": "", "role": "analyst"})

    assert roles(sam) == {(None, "analyst")}
    changes = Change.objects.filter(subject="roles of sam")
    assert {change.site for change in changes} == set(sites)
    assert {change.after["sites"] for change in changes} == {"every"}


def test_account__made_by_a_sites_admin__has_its_role_from_the_start() -> None:
    site = a_site()
    client = signed_in(member(site, "admin", "ada"))
    fields = {"username": "sam", "password1": PASSWORD, "password2": PASSWORD}
    given = {"usable_password": "true", "site": site.pk, "role": "viewer"}

    answer = client.post(f"{ACCOUNTS}add/", fields | given, follow=True)

    sam = User.objects.get(username="sam")
    assert answer.status_code == 200
    assert roles(sam) == {("shop", "viewer")}
    assert (sam.is_staff, sam.is_superuser) == (True, False)


def test_account__with_a_role_elsewhere__is_shown_to_a_sites_admin_but_not_changed() -> None:
    site = a_site()
    sam = member(site, "viewer")
    member(a_site("other"), "editor")
    client = signed_in(member(site, "admin", "ada"))
    new = {"password1": "x" * 20, "password2": "x" * 20}

    page = client.get(f"{ACCOUNTS}{sam.pk}/change/")
    saved = client.post(f"{ACCOUNTS}{sam.pk}/change/", {"username": "taken"})
    password = client.post(f"{ACCOUNTS}{sam.pk}/password/", new)
    deleted = client.post(f"{ACCOUNTS}{sam.pk}/delete/", {"post": "yes"})

    assert page.status_code == 200
    assert [saved.status_code, password.status_code, deleted.status_code] == [403, 403, 403]
    assert User.objects.get(pk=sam.pk).username == "sam"


def test_account__of_a_superuser__is_out_of_reach_of_any_admin() -> None:
    boss = superuser("boss")
    Membership.objects.create(user=boss, site=a_site(), role="viewer")
    client = signed_in(member(None, "admin", "ada"))
    new = {"password1": "x" * 20, "password2": "x" * 20}

    saved = client.post(f"{ACCOUNTS}{boss.pk}/change/", {"username": "taken"})
    password = client.post(f"{ACCOUNTS}{boss.pk}/password/", new)

    assert (saved.status_code, password.status_code) == (403, 403)


@pytest.mark.parametrize("site_slug", ["shop", None])
def test_powers__posted_by_an_admin_for_themselves__are_ignored(site_slug: str | None) -> None:
    site: Site | None = a_site()
    ada = member(site if site_slug else None, "admin", "ada")
    posted = {"username": "ada", "is_active": "on", "is_superuser": "on", "is_staff": "on"}
    group = Group.objects.create(name="other")
    dates = {"date_joined_0": "2026-11-20", "date_joined_1": "12:00:00", "groups": group.pk}

    answer = signed_in(ada).post(f"{ACCOUNTS}{ada.pk}/change/", posted | dates)

    ada = User.objects.get(pk=ada.pk)
    assert answer.status_code == 302
    assert (ada.is_superuser, groups(ada)) == (False, {"admin"})


def test_superuser__made_and_unmade__comes_into_the_admin_and_leaves_it() -> None:
    sam = User.objects.create_user("sam")
    client = signed_in(superuser())
    posted = {"username": "sam", "is_active": "on"}
    dates = {"date_joined_0": "2026-11-20", "date_joined_1": "12:00:00"}
    seen = []

    for powers in ({"is_superuser": "on"}, {}):
        client.post(f"{ACCOUNTS}{sam.pk}/change/", posted | dates | powers)
        sam.refresh_from_db()
        seen.append((sam.is_superuser, sam.is_staff))

    assert seen == [(True, True), (False, False)]


def test_groups__of_roles__follow_a_site_that_goes_and_leave_other_groups_alone() -> None:
    site = a_site()
    sam = member(site, "editor")
    member(None, "analyst")
    sam.groups.add(Group.objects.create(name="book club"))
    before = groups(sam)

    Membership.objects.filter(site=site).delete()

    assert before == {"editor", "analyst", "book club"}
    assert groups(sam) == {"analyst", "book club"}


def test_groups__of_roles__have_the_permissions_that_their_screens_need() -> None:
    held = {
        group.name: set(group.permissions.values_list("codename", flat=True))
        for group in Group.objects.filter(name__in=["viewer", "editor", "analyst", "admin"])
    }

    assert {"view_experiment", "view_metric", "view_item"} <= held["viewer"]
    assert not {name for name in held["viewer"] if not name.startswith("view_")}
    assert "change_experiment" in held["editor"] - held["analyst"]
    assert "change_metric" in held["analyst"] & held["editor"]
    assert {"change_layer", "add_membership"} <= held["admin"] - held["editor"]
    assert not any("change_event" in names for names in held.values())


def test_people__who_are_deleted__leave_no_group_behind() -> None:
    sam = member(a_site(), "editor")
    member(None, "viewer")

    sam.delete()

    with connection.cursor() as cursor:
        cursor.execute("select count(*) from auth_user_groups")
        assert cursor.fetchone() == (0,)
