"""Every screen, step and action of the admin, asked by everybody."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client

from tests.access.needs import Need
from tests.access.people import PEOPLE, Crowd, Person
from tests.access.rules import SCREENS, Screen

OPEN, LOGIN, REFUSED, MISSING = 200, 302, 403, 404


def outcome(answer: Any) -> int:
    """Return the status; a page that leads on to another one of the admin has opened."""
    location = answer.headers.get("Location", "")
    return OPEN if location and "/login/" not in location else int(answer.status_code)


def row_of(model: type[Model], rule: Screen, crowd: Crowd) -> Any:
    """Return a row of this site, or any of those that have no site."""
    rows = model._default_manager.order_by("pk")
    if rule.site:
        rows = rows.filter(**{rule.site: crowd.here.pk}).exclude(pk__in=_signed_in(model))
    row = rows.first()
    assert row is not None, f"filled_site makes no {model._meta.label}"
    return row


def _signed_in(model: type[Model]) -> Any:
    """Return the accounts of those who ask: their own is not what they ask about."""
    names = [person.name for person in PEOPLE]
    is_account = model._meta.label_lower == "auth.user"
    return model._default_manager.filter(username__in=names).values("pk") if is_account else []


def door(person: Person) -> int | None:
    """Return how the admin itself answers: it lets nobody in who has no role."""
    return None if person.is_staff else LOGIN


def page_of(person: Person, look: Need, need: Need) -> int:
    """Return how a page about one row answers, to look at which `look` is needed."""
    if not person.is_staff:
        return LOGIN
    if person.may(need) and person.may(look):
        return OPEN
    if person.may(look) or not person.may_somewhere(look):
        return REFUSED
    return MISSING


@pytest.mark.parametrize("name", sorted(SCREENS))
def test_list__of_each_model__shows_rows_of_ones_own_sites_alone(crowd: Crowd, name: str) -> None:
    rule, model = SCREENS[name], _model(name)
    row = row_of(model, rule, crowd)
    for person in PEOPLE:
        answer = crowd.client(person).get(f"/admin/{_path(name)}/")

        if not person.may_somewhere(rule.view):
            assert answer.status_code == (door(person) or REFUSED), person
            continue
        shown = answer.context["cl"].queryset
        assert shown.filter(pk=row.pk).exists() == person.may(rule.view), person
        offered = {
            value
            for value, _label in answer.context["cl"].model_admin.get_action_choices(
                answer.wsgi_request
            )
        }
        for action, need in rule.actions.items():
            assert (action in offered) == person.may_somewhere(need), (person, action)


@pytest.mark.parametrize("name", sorted(SCREENS))
def test_row__of_each_model__is_made_opened_changed_and_deleted_by_those_who_may(
    crowd: Crowd, name: str
) -> None:
    rule, model = SCREENS[name], _model(name)
    row = row_of(model, rule, crowd)
    for person in PEOPLE:
        client, url = crowd.client(person), f"/admin/{_path(name)}"

        added = outcome(client.get(f"{url}/add/"))
        looked = outcome(client.get(f"{url}/{row.pk}/change/"))
        history = outcome(client.get(f"{url}/{row.pk}/history/"))
        changed = outcome(client.post(f"{url}/{row.pk}/change/", {}))
        deletion = outcome(client.get(f"{url}/{row.pk}/delete/"))

        may_add = OPEN if person.may_somewhere(rule.add) else REFUSED
        assert added == (door(person) or may_add), person
        assert looked == page_of(person, rule.view, rule.view), person
        assert history in {looked, MISSING if looked == REFUSED else looked}, person
        if not _leads_on(client, f"{url}/{row.pk}/change/"):
            assert changed in _either(page_of(person, rule.view, rule.change)), person
        assert deletion in _either(page_of(person, rule.view, rule.delete)), person


@pytest.mark.parametrize("name", [name for name in sorted(SCREENS) if SCREENS[name].steps])
def test_steps__of_each_model__are_taken_by_those_who_may(crowd: Crowd, name: str) -> None:
    rule, model = SCREENS[name], _model(name)
    row = row_of(model, rule, crowd)
    before = model._default_manager.values().get(pk=row.pk)
    for person in PEOPLE:
        for step, need in rule.steps.items():
            url = f"/admin/{_path(name)}/{row.pk}/step/{step}/"
            expected = page_of(person, rule.view, need)

            assert outcome(crowd.client(person).get(url)) == expected, (person, step)
            if expected != OPEN:
                refused = crowd.client(person).post(url, {"reason": "x"})
                assert outcome(refused) == expected, (person, step)
    assert model._default_manager.values().get(pk=row.pk) == before


def _leads_on(client: Client, url: str) -> bool:
    """Return whether another page, with a rule of its own, stands in for this one."""
    answer = client.get(url)
    return outcome(answer) == OPEN != answer.status_code


def _either(expected: int) -> set[int]:
    # Where something is changed Django asks for the permission before it looks for the row: what
    # nobody may do in any site is refused, whether the row exists or not.
    return {REFUSED, MISSING} if expected == MISSING else {expected}


def _model(name: str) -> type[Model]:
    return next(model for model in admin.site._registry if model._meta.label_lower == name)


def _path(name: str) -> str:
    return name.replace(".", "/")
