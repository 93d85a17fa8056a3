"""What a screen, a button or an endpoint asks of whoever comes."""

from dataclasses import dataclass

from experiments.roles import Action


@dataclass(frozen=True)
class Need:
    """A role that allows the action in the row's site, or in every one; or no role will do."""

    action: Action | None = None
    is_everywhere: bool = False
    is_for_superusers: bool = False

    def __str__(self) -> str:
        if self.action is None:
            return "superuser" if self.is_for_superusers else "–"
        return f"{self.action}{', of every site' if self.is_everywhere else ''}"


NOBODY = Need()
SUPERUSER = Need(is_for_superusers=True)
VIEW = Need(Action.VIEW)
EDIT = Need(Action.EDIT)
LAUNCH = Need(Action.LAUNCH)
RAMP = Need(Action.RAMP)
STOP = Need(Action.STOP)
DECIDE = Need(Action.DECIDE)
APPROVE = Need(Action.APPROVE)
ANALYSE = Need(Action.ANALYSE)
MANAGE = Need(Action.MANAGE)
PEOPLE = Need(Action.PEOPLE)
SUBJECTS = Need(Action.SUBJECTS)
MANAGE_ALL = Need(Action.MANAGE, is_everywhere=True)
PEOPLE_ALL = Need(Action.PEOPLE, is_everywhere=True)
