"""Eligibility is stored and evaluated in its normal form, whichever way it comes in."""

import json

import pytest

from experiments.errors import InvalidInput
from experiments.models import Experiment
from experiments.services import edit_experiment
from experiments.snapshot import compile_experiment
from tests.experiments.admin.forms import signed_in, superuser
from tests.experiments.web.posting import audience, post_step
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db

WRITTEN = {"country": "DE", "age": {"$gte": 18}, "mail": {"$regexi": "de$"}}
NORMAL = {
    "country": {"$eq": "DE"},
    "age": {"$type": "number", "$gte": 18},
    "mail": {"$type": "string", "$regex": r"[Dd][Ee]$(?!\n)"},
}


def test_eligibility__given_to_a_service__is_stored_in_normal_form() -> None:
    draft_experiment(a_site(), eligibility=WRITTEN)

    assert Experiment.objects.get().eligibility == NORMAL


def test_eligibility__without_a_normal_form__is_refused_with_place_and_reason() -> None:
    with pytest.raises(InvalidInput, match=r"tags: \$alli differs between clients"):
        draft_experiment(a_site(), eligibility={"tags": {"$alli": ["a"]}})


def test_eligibility__posted_in_the_form__is_stored_in_normal_form() -> None:
    experiment = draft_experiment(a_site())

    post_step(
        signed_in(superuser()), experiment, "audience", audience(eligibility=json.dumps(WRITTEN))
    )

    assert Experiment.objects.get().eligibility == NORMAL


def test_eligibility__stored_as_it_was_written__is_evaluated_in_normal_form() -> None:
    """Rows that are older than the normal form keep comparing strictly."""
    row = draft_experiment(a_site())
    Experiment.objects.update(eligibility=WRITTEN)
    row.refresh_from_db()

    assert compile_experiment(row).condition == NORMAL


@pytest.mark.parametrize("stored", [[1], None, {"$xor": 1}, {"a": {"$alli": ["b"]}}])
def test_eligibility__stored_without_a_normal_form__admits_nobody(stored: object) -> None:
    row = draft_experiment(a_site())
    row.eligibility = stored

    assert compile_experiment(row).condition == {"$not": {}}


def test_eligibility__edited_by_a_service__is_stored_in_normal_form() -> None:
    row = draft_experiment(a_site())

    edit_experiment(
        experiment_id=row.pk, actor="pm", version=row.version, changes={"eligibility": WRITTEN}
    )

    assert Experiment.objects.get().eligibility == NORMAL
