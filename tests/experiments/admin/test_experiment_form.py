"""Creating and editing an experiment in its form: what is saved, what is refused and why."""

from typing import Any

import pytest

from experiments.models import Experiment, Site
from tests.experiments.admin.forms import (
    ADD,
    CONTROL,
    TREATMENT,
    change_url,
    errors_of,
    posted,
    saved_rows,
    signed_in,
    superuser,
    variant_rows,
)
from tests.factories import a_site, draft_experiment, running_experiment, stocked, trained

pytestmark = pytest.mark.django_db


def test_new_form__opened__has_a_control_and_a_treatment_filled_in() -> None:
    a_site()
    client = signed_in(superuser())

    answer = client.get(ADD)

    rows = answer.context["inline_admin_formsets"][0].formset.forms
    shown = [(form["name"].value(), form["weight"].value()) for form in rows]
    assert shown == [("Control", 1), ("Treatment", 1)]
    assert [form["is_control"].value() for form in rows] == [True, False]


def test_new_form__posted__saves_variants_share_seed_and_fractions() -> None:
    site = a_site()
    client = signed_in(superuser())

    answer = client.post(ADD, posted(site))

    experiment = Experiment.objects.get()
    assert answer.headers["Location"] == change_url(experiment)
    shown = [
        (variant.key, variant.is_control, variant.parameters, variant.position)
        for variant in experiment.variants.all()
    ]
    assert shown == [
        ("control", True, {"recommender": "popularity"}, 0),
        ("treatment", False, {"recommender": "random"}, 1),
    ]
    assert (experiment.allocation.start, experiment.allocation.stop) == (0, 5000)
    assert experiment.mde == pytest.approx(0.05)
    assert experiment.seed.startswith("home-test:")
    assert experiment.site == site
    assert experiment.created_by is not None


def test_new_form__of_one_site__offers_its_recommenders_and_says_which_are_untrained() -> None:
    site = a_site()
    stocked(site)
    trained(site, "popularity")
    client = signed_in(superuser())

    page = client.get(ADD).content.decode()

    assert '<option value="popularity">popularity</option>' in page
    assert "random (not trained yet)" in page


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"eligibility": '{"country": '}, "no valid JSON"),
        ({"eligibility": "[" * 5_000}, "no valid JSON"),
        ({"eligibility": '{"a": ' + "9" * 5_000 + "}"}, "no valid JSON"),
        ({"eligibility": '{"price": NaN}'}, "must be finite"),
        ({"eligibility": '{"price": 1e999}'}, "must be finite"),
        ({"eligibility": '{"a": "\\u0000"}'}, "cannot be kept"),
        ({"eligibility": '{"a": "\\ud800"}'}, "cannot be kept"),
        ({"eligibility": '{"a": "' + "x" * 20_001 + '"}'}, "Too long"),
        ({"eligibility": '{"a": {"$gt": 9223372036854775808}}'}, "too large"),
        ({"eligibility": '{"country": {"$near": 1}}'}, "unknown operator $near"),
        ({"eligibility": '["DE"]'}, "expected an object"),
        ({"share": "0"}, "greater than or equal to 1"),
        ({"share": "101"}, "less than or equal to 100"),
        ({"share": "9" * 5_000}, "Enter a whole number"),
        ({"window_days": "0"}, "greater than or equal to 1"),
        ({"planned_days": str(10**30)}, "less than or equal to 365"),
        ({"planned_units": str(10**30)}, "less than or equal to"),
        ({"lift": "NaN"}, "Enter a number"),
        ({"lift": "0"}, "greater than or equal to 0.01"),
        ({"lift": "1e400"}, "less than or equal to 1000"),
        ({"name": "a\0b"}, "Null characters are not allowed"),
        ({"key": "no spaces here"}, "valid “slug”"),
        ({"placement": "99999"}, "Select a valid choice"),
        ({"unit_type": "planet"}, "Select a valid choice"),
        (variant_rows(CONTROL), "a control and at least one treatment"),
        (variant_rows(CONTROL, TREATMENT | {"is_control": "on"}), "exactly one variant"),
        (variant_rows(CONTROL | {"is_control": ""}, TREATMENT), "exactly one variant"),
        (variant_rows(CONTROL, TREATMENT | {"key": "control"}), "Another variant has the key"),
        (variant_rows(CONTROL, TREATMENT | {"weight": 0}), "greater than or equal to 1"),
        (variant_rows(CONTROL, TREATMENT | {"weight": 10**30}), "less than or equal to 10000"),
        (variant_rows(CONTROL, TREATMENT | {"weight": ""}), "This field is required"),
        (variant_rows(CONTROL, TREATMENT | {"recommender": "magic"}), "Select a valid choice"),
    ],
)
def test_new_form__bad_input__is_a_form_error(changed: dict[str, Any], expected: str) -> None:
    site = a_site()
    client = signed_in(superuser())

    answer = client.post(ADD, posted(site, **changed))

    assert answer.status_code == 200
    assert expected in errors_of(answer)
    assert not Experiment.objects.exists()


def test_new_form__broken_condition__is_shown_again_as_typed() -> None:
    site = a_site()
    client = signed_in(superuser())

    answer = client.post(ADD, posted(site, eligibility='{"country": '))

    assert "{&quot;country&quot;: </textarea>" in answer.content.decode()


def test_new_form__share_without_room__names_who_holds_it_and_the_mend() -> None:
    site = a_site()
    running_experiment(site, "first", allocation=7_000)
    client = signed_in(superuser())

    answer = client.post(ADD, posted(site, share=50))

    text = errors_of(answer)
    assert "Home page has no 50 % free in one piece: first holds 70 %." in text
    assert "Take 30 % or less" in text
    assert Experiment.objects.count() == 1


def test_new_form__key_of_the_same_site__is_refused_and_of_another_site_taken() -> None:
    site, other = a_site(), a_site("other")
    draft_experiment(site, "home-test")
    client = signed_in(superuser())

    refused = client.post(ADD, posted(site))
    taken = client.post(ADD, posted(other))

    assert "This site has an experiment with this key" in errors_of(refused)
    assert taken.status_code == 302
    assert Experiment.objects.filter(key="home-test").count() == 2


def test_new_form__recommender_of_another_site__is_refused_by_name() -> None:
    site, other = a_site(), a_site("other")
    other.recommenders.create(key="theirs", algorithm="popularity")
    client = signed_in(superuser())

    answer = client.post(ADD, posted(site, CONTROL, TREATMENT | {"recommender": "theirs"}))

    assert "Shop has no 'theirs'" in errors_of(answer)
    assert not Experiment.objects.exists()


def test_draft__control_and_keys_swapped__are_saved_swapped() -> None:
    site = a_site()
    experiment = draft_experiment(site)
    rows = saved_rows(experiment)
    rows[0] |= {"key": "treatment", "is_control": ""}
    rows[1] |= {"key": "control", "is_control": "on"}
    client = signed_in(superuser())

    answer = client.post(change_url(experiment), posted(site, *rows, initial=2))

    assert answer.status_code == 302
    first, second = experiment.variants.order_by("id")
    assert (first.key, first.is_control) == ("treatment", False)
    assert (second.key, second.is_control) == ("control", True)


def test_draft__one_variant_removed_and_one_added__keeps_the_order_of_the_page() -> None:
    site = a_site()
    experiment = draft_experiment(site)
    rows = saved_rows(experiment)
    rows[1] |= {"DELETE": "on"}
    rows.append(TREATMENT | {"key": "second", "name": "Second"})
    client = signed_in(superuser())

    client.post(change_url(experiment), posted(site, *rows, initial=2))

    assert [(v.key, v.position) for v in experiment.variants.all()] == [
        ("control", 0),
        ("second", 1),
    ]


def test_draft__opened__shows_only_its_own_site() -> None:
    site = a_site()
    a_site("other")
    experiment = draft_experiment(site)
    client = signed_in(superuser())

    form = client.get(change_url(experiment)).context["adminform"].form

    assert {placement.site for placement in form.fields["placement"].queryset} == {site}


def test_draft__another_recommender__voids_the_pinned_artifact() -> None:
    site = a_site()
    experiment = draft_experiment(site)
    experiment.variants.update(parameters={"recommender": "popularity", "artifact": "popularity@1"})
    rows = saved_rows(experiment)
    rows[1] |= {"recommender": "random"}
    client = signed_in(superuser())

    client.post(change_url(experiment), posted(site, *rows, initial=2))

    assert [variant.parameters for variant in experiment.variants.all()] == [
        {"recommender": "popularity", "artifact": "popularity@1"},
        {"recommender": "random"},
    ]


def test_site__without_placements__refuses_kindly() -> None:
    Site.objects.create(slug="bare", name="Bare")
    client = signed_in(superuser())

    answer = client.get(ADD)

    assert answer.status_code == 200
