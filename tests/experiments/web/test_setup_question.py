"""The first step: a new draft, blank or of a template; what is refused and why."""

from typing import Any

import pytest

from analytics.models import ExperimentMetric
from experiments.models import Change, Experiment, Site
from tests.experiments.admin.forms import signed_in, superuser
from tests.experiments.web.posting import NEW, errors_of, post_step, question, step_url
from tests.factories import a_site, draft_experiment, member, running_experiment, stocked, trained

pytestmark = pytest.mark.django_db


def test_new__posted__is_a_draft_with_a_sentence_a_primary_metric_and_two_variants() -> None:
    site = a_site()
    client = signed_in(superuser())

    answer = client.post(NEW, question(site))

    experiment = Experiment.objects.get()
    assert answer.headers["Location"] == step_url(experiment, "variants")
    assert experiment.key == "home-test"
    assert experiment.hypothesis == (
        "If the list fits the shopper, then Conversion rises, because it is personal."
    )
    assert [(v.key, v.is_control) for v in experiment.variants.all()] == [
        ("control", True),
        ("treatment", False),
    ]
    primary = ExperimentMetric.objects.get(experiment=experiment, role="primary")
    assert primary.metric.key == "conversion"
    assert experiment.created_by is not None
    assert Change.objects.filter(experiment=experiment, action="create").exists()


def test_new__with_gaps__is_a_draft_all_the_same() -> None:
    site = a_site()
    client = signed_in(superuser())

    client.post(NEW, question(site, change="", because="", metric=""))

    assert Experiment.objects.get().hypothesis == ""


def test_new__of_a_template__has_its_variants_and_what_the_person_said() -> None:
    site = a_site()
    stocked(site)
    trained(site, "popularity", "random")
    client = signed_in(superuser())

    client.post(
        NEW, question(site, template="recommender-vs-popularity", recommender="random", metric="")
    )

    experiment = Experiment.objects.get()
    assert [v.parameters["recommender"] for v in experiment.variants.all()] == [
        "popularity",
        "random",
    ]
    assert experiment.hypothesis_change == "the list fits the shopper"
    assert experiment.planned_days == 28


def test_new__of_a_template_without_a_word__keeps_the_templates_hypothesis() -> None:
    site = a_site()
    client = signed_in(superuser())

    client.post(
        NEW,
        question(site, template="a-a", recommender="random", change="", because="", metric=""),
    )

    assert "in both variants" in Experiment.objects.get().hypothesis_change


def test_new__of_a_template_that_asks__says_what_is_missing() -> None:
    site = a_site()
    client = signed_in(superuser())

    answer = client.post(NEW, question(site, template="a-a"))

    assert "Which recommender?" in errors_of(answer)
    assert not Experiment.objects.exists()


def test_new__in_a_busy_layer__takes_what_is_free() -> None:
    site = a_site()
    running_experiment(site, "first", allocation=7_000)
    client = signed_in(superuser())

    client.post(NEW, question(site))

    allocation = Experiment.objects.get(key="home-test").allocation
    assert (allocation.start, allocation.stop) == (7_000, 10_000)


def test_new__with_a_name_that_was_used__gets_another_key() -> None:
    site = a_site()
    draft_experiment(site, "home-test")
    client = signed_in(superuser())

    client.post(NEW, question(site))

    assert Experiment.objects.filter(key="home-test-2").exists()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"name": ""}, "required"),
        ({"name": "a\0b"}, "Null characters are not allowed"),
        ({"name": "x" * 201}, "at most 200 characters"),
        ({"key": "no spaces here"}, "valid “slug”"),
        ({"key": "home"}, "with this key"),
        ({"where": "placement:99999"}, "Select a valid choice"),
        ({"where": ""}, "required"),
        ({"metric": "magic"}, "Select a valid choice"),
        ({"direction": "sideways"}, "Select a valid choice"),
        ({"owner": "99999"}, "Select a valid choice"),
        ({"change": "x" * 2_001}, "at most 2000 characters"),
        ({"template": "magic"}, "Select a valid choice"),
        ({"template": "a-a", "recommender": "magic"}, "Select a valid choice"),
    ],
)
def test_new__bad_input__is_a_form_error_and_no_draft(
    changed: dict[str, Any], expected: str
) -> None:
    site = a_site()
    client = signed_in(superuser())

    answer = client.post(NEW, question(site, **changed))

    assert answer.status_code == 200
    assert expected in errors_of(answer)
    assert not Experiment.objects.exists()


def test_new__opened_by_an_editor_of_one_site__offers_only_that_site() -> None:
    a_site("other")
    client = signed_in(member(a_site(), "editor"))

    form = client.get(NEW).context["form"]

    assert {where.site.slug for _label, where in form.places.values()} == {"shop"}


@pytest.mark.parametrize("role", ["viewer", "analyst", "approver"])
def test_new__by_who_may_not_edit__is_forbidden(role: str) -> None:
    site = a_site()
    client = signed_in(member(site, role))

    assert client.get(NEW).status_code == 403
    assert client.post(NEW, question(site)).status_code == 403
    assert not Experiment.objects.exists()


def test_new__without_any_site__says_what_to_do() -> None:
    client = signed_in(superuser())

    page = client.get(NEW).content.decode()

    assert "Add a site first" in page


def test_question__moved_to_another_placement__takes_buckets_of_its_layer() -> None:
    site = a_site()
    experiment = draft_experiment(site, allocation=2_500)
    client = signed_in(superuser())
    where = f"placement:{site.placements.get(key='cart').pk}"

    post_step(client, experiment, "question", question(site, where=where))

    experiment = Experiment.objects.get()
    assert experiment.placement == site.placements.get(key="cart")
    assert experiment.allocation.layer == experiment.layer
    assert experiment.allocation.stop - experiment.allocation.start == 2_500


def test_question__moved_to_a_layer__decides_no_list() -> None:
    site = a_site()
    experiment = draft_experiment(site)
    client = signed_in(superuser())
    layer = Site.objects.get().layers.first()
    assert layer is not None

    post_step(client, experiment, "question", question(site, where=f"layer:{layer.pk}"))

    experiment = Experiment.objects.get()
    assert (experiment.placement, experiment.own_layer) == (None, layer)


def test_question__another_metric_decides__is_on_record_and_a_new_version() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    post_step(client, experiment, "question", question(experiment.site, metric="aov"))

    primary = ExperimentMetric.objects.get(experiment=experiment, role="primary")
    assert primary.metric.key == "aov"
    change = Change.objects.filter(experiment=experiment, action="edit").latest("id")
    assert {"key": "aov", "role": "primary", "margin": None} in change.after["metrics"]
    assert change.after["version"] == Experiment.objects.get().version
