"""Everybody who may come along: what they are, and a browser of theirs."""

from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.test import Client

from experiments.models import Site
from experiments.roles import ALLOWED, Action, Role
from tests.access.needs import Need
from tests.experiments.admin.forms import signed_in
from tests.factories import member


@dataclass(frozen=True)
class Person:
    """Somebody with a role here, in another site, or in every site."""

    name: str
    here: Role | None = None
    elsewhere: Role | None = None
    everywhere: Role | None = None
    is_superuser: bool = False
    is_signed_in: bool = True

    @property
    def is_staff(self) -> bool:
        """Return whether they come into the admin at all."""
        return bool(self.here or self.elsewhere or self.everywhere or self.is_superuser)

    def may(self, need: Need) -> bool:
        """Return whether they may do in this site what needs this."""
        if need.action is None:
            return need.is_for_superusers and self.is_superuser
        roles = [] if need.is_everywhere else [self.here]
        return self.is_superuser or _allow([*roles, self.everywhere], need.action)

    def may_somewhere(self, need: Need) -> bool:
        """Return whether they may do it in some site."""
        if self.may(need) or need.action is None or need.is_everywhere:
            return self.may(need)
        return _allow([self.elsewhere], need.action)


def _allow(roles: list[Role | None], action: Action) -> bool:
    return any(role is not None and action in ALLOWED[role] for role in roles)


PEOPLE = [
    Person("anonymous", is_signed_in=False),
    Person("nobody"),
    *(Person(role.value, here=role) for role in Role),
    Person("stranger", elsewhere=Role.ADMIN),
    Person("chief", everywhere=Role.ADMIN),
    Person("superuser", is_superuser=True),
]


@dataclass
class Crowd:
    """The people, each with an account and a client."""

    here: Site
    elsewhere: Site
    clients: dict[str, Client] = field(default_factory=dict)

    def client(self, person: Person) -> Client:
        """Return the person's browser, signed in if they are."""
        if person.name not in self.clients:
            known = signed_in(self._account(person)) if person.is_signed_in else Client()
            self.clients[person.name] = known
        return self.clients[person.name]

    def _account(self, person: Person) -> User:
        user = User.objects.create_user(person.name, is_superuser=person.is_superuser)
        if person.is_superuser:
            User.objects.filter(pk=user.pk).update(is_staff=True)
        for site, role in ((self.here, person.here), (self.elsewhere, person.elsewhere)):
            if role:
                member(site, role, person.name)
        if person.everywhere:
            member(None, person.everywhere, person.name)
        return User.objects.get(pk=user.pk)
