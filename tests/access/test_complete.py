"""No screen, step or endpoint is without a rule, and no rule without its screen."""

from django.contrib import admin

from experiments.admin.base import StaffAdmin
from experiments.admin.steps import StepsAdmin
from experiments.roles import OF_SCOPE, OF_STEP, Action
from tests.access.document import DOCUMENT, document
from tests.access.paths import every_path, model_of
from tests.access.rules import KEYS, OWN, PAGES, PUBLIC, SCREENS

ADD_A_RULE = "add its rule to tests/access/rules.py"


def test_models__in_the_admin__have_a_rule_each() -> None:
    registered = {model._meta.label_lower for model in admin.site._registry}

    assert registered == set(SCREENS), ADD_A_RULE


def test_steps_and_actions__of_each_screen__have_a_rule_each() -> None:
    for model, screen in admin.site._registry.items():
        rule = SCREENS[model._meta.label_lower]
        steps = {step.name for step in screen.steps} if isinstance(screen, StepsAdmin) else set()
        actions = {getattr(each, "__name__", each) for each in screen.actions or ()}
        assert (steps, actions) == (set(rule.steps), set(rule.actions)), (model, ADD_A_RULE)


def test_paths__of_the_service__have_a_rule_each() -> None:
    seen = {path.name for path in every_path() if model_of(path.name) is None}
    pages = {name for name, _method in PAGES}

    # Without a name: Django's own redirects to a row's page, and the end of unknown paths.
    assert seen - {""} == {*KEYS, *OWN, *pages, *PUBLIC}, ADD_A_RULE


def test_paths__without_a_name__are_the_ends_of_unknown_ones_and_redirects() -> None:
    nameless = [path.pattern for path in every_path() if not path.name.rpartition(":")[2]]
    rows = [pattern for pattern in nameless if pattern.endswith("/<path:object_id>/")]

    assert len(rows) == len(SCREENS)
    assert sorted(set(nameless) - set(rows)) == ["^(?:api|ofrep|v1)/", "admin/(?P<url>.*)$"]


def test_screens__of_ours__ask_for_what_the_rule_says() -> None:
    for model, screen in admin.site._registry.items():
        if isinstance(screen, StaffAdmin):
            assert screen.view_action == SCREENS[model._meta.label_lower].view.action


def test_keys__of_any_scope__never_approve_nor_give_roles() -> None:
    assert not {action for scope in OF_SCOPE for action in OF_SCOPE[scope]} & {
        Action.APPROVE,
        Action.PEOPLE,
    }
    assert OF_STEP["approve"] == Action.APPROVE


def test_document__of_the_roles__says_what_holds() -> None:
    assert DOCUMENT.read_text() == document(), "write it anew: python -m tests.access.document"
