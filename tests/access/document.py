"""Writes docs/roles.md from the table of roles and the rules that the tests hold it to.

`.venv/bin/python -m tests.access.document` writes it anew.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from experiments.roles import ALLOWED, OF_SCOPE, OF_STEP, Action, Role
from tests.access.rules import KEYS, OWN, PAGES, PUBLIC, READING, SCREENS, Screen

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "roles.md"
MEANING = {
    Action.VIEW: "look at everything of the site",
    Action.EDIT: "create, edit, clone, submit experiments",
    Action.LAUNCH: "schedule, start, resume",
    Action.RAMP: "ramp, close enrolment, open a new phase",
    Action.STOP: "pause, kill, end, archive",
    Action.DECIDE: "record the decision",
    Action.APPROVE: "approve or reject what somebody else has set up",
    Action.ANALYSE: "refresh reports, export units, define metrics",
    Action.MANAGE: "site, keys, layers, placements, holdouts, webhooks, items, recommenders",
    Action.PEOPLE: "give and take roles, manage accounts",
    Action.SUBJECTS: "hand out and erase what is held on one visitor or account",
}
HEAD = """# Who may do what

A role is held in one site, or in every site; what several roles allow adds up. A superuser may do
everything. Without a role one sees nothing. Rows of other sites are not found: not in lists,
filters or choices, nor by their address. Why it is built so: [0022](decisions/0022-roles.md).
This page is checked by `tests/access/`, which asks every screen as everybody;
`.venv/bin/python -m tests.access.document` writes it anew.
"""


def document() -> str:
    """Return the text of docs/roles.md."""
    parts = [
        HEAD,
        "## Roles\n",
        _table(["", *Role, "means"], (_action_row(action) for action in Action)),
        "## Steps of an experiment\n",
        _table(["step", "needs"], ([step, OF_STEP[step]] for step in OF_STEP)),
        "## Screens of the admin\n",
        "–: nobody, since rows are written by the service or replaced instead.\n",
        _table(
            ["screen", "look", "add", "change", "delete", "steps and actions"],
            (_screen_row(name, SCREENS[name]) for name in sorted(SCREENS)),
        ),
        "## Other pages\n",
        _table(
            ["page", "needs"],
            [
                *([f"`{name}`, {method}", str(need)] for (name, method), need in PAGES.items()),
                *([f"`{name}`", "signed in; shows what one may see"] for name in sorted(OWN)),
                *([f"`{name}`", "open to all"] for name in sorted(PUBLIC)),
            ],
        ),
        "## Endpoints\n",
        "Keys act for a site, by scope; signing in opens no endpoint.\n",
        _table(["endpoint", "scope"], ([f"`{name}`", _scopes(name)] for name in sorted(KEYS))),
        "What a scope stands for in the table of roles; approval and people are left to people.\n",
        _table(
            ["scope", "allows"], ([f"`{scope}`", _listed(OF_SCOPE[scope])] for scope in OF_SCOPE)
        ),
    ]
    return "\n".join(parts)


def _action_row(action: Action) -> list[str]:
    return [action, *("yes" if action in ALLOWED[role] else "" for role in Role), MEANING[action]]


def _screen_row(name: str, rule: Screen) -> list[str]:
    more = {**rule.steps, **rule.actions}
    cells = [str(need) for need in (rule.view, rule.add, rule.change, rule.delete)]
    return [name, *cells, ", ".join(f"{step}: {need}" for step, need in more.items())]


def _scopes(name: str) -> str:
    read = READING.get(name)
    return f"`{KEYS[name]}`" + (f", to read: `{read}`" if read else "")


def _listed(actions: Iterable[Action]) -> str:
    return ", ".join(action for action in Action if action in set(actions))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    DOCUMENT.write_text(document())
