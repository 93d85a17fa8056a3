"""The variants: stored as posted, checked by their settings' schema, shown as lists."""

from typing import Any

import pytest

from experiments.models import Experiment, Exposure, InboxBatch, Slate
from recommenders.models import Artifact, Recommender
from tests.experiments.admin.forms import signed_in, superuser
from tests.experiments.web.posting import (
    CONTROL,
    TREATMENT,
    errors_of,
    post_step,
    step_url,
    variants,
)
from tests.factories import a_site, draft_experiment, stocked, trained

pytestmark = pytest.mark.django_db


def stored(experiment: Experiment) -> list[tuple[str, bool, dict[str, Any]]]:
    """Return the variants as they are stored."""
    return [(v.key, v.is_control, v.parameters) for v in experiment.variants.all()]


def test_variants__posted__are_stored_in_the_order_of_the_page_with_their_weights() -> None:
    experiment = draft_experiment(a_site())
    experiment.variants.filter(key="treatment").update(weight=3)
    client = signed_in(superuser())
    third = {"name": "Third one", "recommender": "popularity", "shown": "popularity"}

    post_step(client, experiment, "variants", variants(CONTROL, TREATMENT, third, control="1"))

    assert stored(experiment) == [
        ("control", False, {"recommender": "popularity"}),
        ("treatment", True, {"recommender": "random"}),
        ("third-one", False, {"recommender": "popularity"}),
    ]
    assert [v.weight for v in experiment.variants.all()] == [1, 3, 1]


def test_variant__removed__is_gone_and_going_on_is_possible() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    answer = post_step(
        client, experiment, "variants", variants(CONTROL, TREATMENT | {"DELETE": "on"})
    )

    assert answer.headers["Location"] == step_url(experiment, "traffic")
    assert [key for key, _control, _shows in stored(experiment)] == ["control"]


def test_variant__with_other_settings__shows_a_recommender_trained_with_them() -> None:
    site = a_site()
    experiment = draft_experiment(site)
    client = signed_in(superuser())
    other = TREATMENT | {
        "recommender": "item_knn",
        "shown": "item_knn",
        "set_neighbours": "20",
    }

    post_step(client, experiment, "variants", variants(CONTROL, other))
    post_step(client, experiment, "variants", variants(CONTROL, other))

    made = Recommender.objects.get(site=site, key="item_knn-neighbours-20")
    assert made.settings["neighbours"] == 20
    assert stored(experiment)[1][2] == {"recommender": "item_knn-neighbours-20"}
    assert Artifact.objects.get(recommender=made).status == Artifact.Status.QUEUED


def test_variant__with_its_recommenders_own_settings__makes_no_other() -> None:
    site = a_site()
    experiment = draft_experiment(site)
    client = signed_in(superuser())
    before = Recommender.objects.count()

    post_step(
        client,
        experiment,
        "variants",
        variants(CONTROL | {"set_half_life_days": "14"}, TREATMENT),
    )

    assert Recommender.objects.count() == before


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"name": ""}, "required"),
        ({"key": "control"}, "Another variant has the key"),
        ({"key": "no spaces"}, "valid “slug”"),
        ({"recommender": "magic"}, "Select a valid choice"),
        ({"artifact": "magic@1"}, "Select a valid choice"),
        ({"other": '{"a": '}, "no valid JSON"),
        ({"other": "[1]"}, "Write an object"),
        ({"other": '{"a": NaN}'}, "must be finite"),
        ({"recommender": "item_knn", "shown": "item_knn", "set_neighbours": "-1"}, "greater than"),
        ({"recommender": "item_knn", "shown": "item_knn", "set_neighbours": "x"}, "whole number"),
        (
            {"recommender": "popularity", "shown": "popularity", "set_half_life_days": "1e300"},
            "less than",
        ),
        (
            {"recommender": "popularity", "shown": "popularity", "set_half_life_days": "nan"},
            "Enter a number",
        ),
    ],
)
def test_variants__bad_input__is_a_form_error(changed: dict[str, Any], expected: str) -> None:
    experiment = draft_experiment(a_site())
    before = stored(experiment)
    client = signed_in(superuser())

    answer = post_step(client, experiment, "variants", variants(CONTROL, TREATMENT | changed))

    assert answer.status_code == 200
    assert expected in errors_of(answer)
    assert stored(experiment) == before


def test_variants__without_the_management_form__is_a_form_error() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    answer = post_step(client, experiment, "variants", {"control": "0"})

    assert answer.status_code == 200
    assert experiment.variants.count() == 2


def test_lists__of_both_variants__stand_side_by_side_and_record_nothing() -> None:
    site = a_site()
    stocked(site)
    trained(site, "popularity", "random")
    experiment = draft_experiment(site)
    client = signed_in(superuser())

    answer = client.get(step_url(experiment, "variants") + "?shopper=v-81")

    control, treatment = answer.context["columns"]
    assert len(control.sample.items) == 5
    assert treatment.comparison.endswith("of 10 shared with the control")
    assert "Visitor v-81" in answer.content.decode()
    counts = (Slate.objects.count(), Exposure.objects.count(), InboxBatch.objects.count())
    assert counts == (0, 0, 0)


def test_lists__of_what_is_not_trained__say_that_another_stands_in() -> None:
    site = a_site()
    stocked(site)
    trained(site, "popularity")
    experiment = draft_experiment(site)
    client = signed_in(superuser())

    page = client.get(step_url(experiment, "variants")).content.decode()

    assert "Not trained yet, so this is what stands in for it." in page


def test_lists__of_an_empty_catalogue__say_so() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    page = client.get(step_url(experiment, "variants") + "?shopper=%00%ff").content.decode()

    assert "the catalogue of this site is empty" in page
