"""Templates: a draft that could be launched, with what was chosen in it."""

from typing import Any

import pytest

from analytics.models import ExperimentMetric, Metric
from experiments.errors import InvalidInput, NotFound
from experiments.launching import launch_checks
from experiments.models import Experiment, Site
from experiments.services import TEMPLATES, create_from_template, start_experiment
from recommenders.models import Recommender
from tests.experiments.sites import a_ready_site, range_of
from tests.factories import draft_experiment, member, trained

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_ready_site()


def create(site: Site, template: str, **choices: str) -> Experiment:
    return create_from_template(
        site=site,
        template=template,
        key="from-template",
        name="From a template",
        placement=site.placements.get(key="home"),
        actor="pia",
        **choices,
    )


def choices_for(site: Site, template: str) -> dict[str, str]:
    """Return choices that the template takes."""
    champion = Recommender.objects.get(site=site, key="random").champion
    newer = trained(site, "random")[0].full_name
    Recommender.objects.filter(site=site, key="random").update(champion=champion)
    known = {"recommender": "random", "artifact": newer}
    return {name: known[name] for name in TEMPLATES[template].choices}


def shown(experiment: Experiment) -> list[tuple[str, bool, dict[str, Any]]]:
    return list(experiment.variants.values_list("key", "is_control", "parameters"))


def roles(experiment: Experiment) -> dict[str, tuple[str, float | None]]:
    rows = ExperimentMetric.objects.filter(experiment=experiment)
    return {row.metric.key: (row.role, row.margin) for row in rows.select_related("metric")}


@pytest.mark.parametrize("template", TEMPLATES)
def test_template__used__gives_a_draft_that_passes_every_hard_check(
    site: Site, template: str
) -> None:
    experiment = create(site, template, **choices_for(site, template))

    failed = [c.name for c in launch_checks(experiment) if c.is_hard and not c.passed]
    assert failed == []
    assert experiment.status == "draft"
    assert experiment.planned_days % 7 == 0
    assert experiment.planned_days >= 14
    assert "{" not in experiment.hypothesis_change
    assert experiment.hypothesis_because
    assert [role for role, _margin in roles(experiment).values()].count("primary") == 1
    assert start_experiment(experiment_id=experiment.pk, waiver="a test").status == "running"


def test_template__against_popularity__compares_the_two_and_guards_conversion(site: Site) -> None:
    experiment = create(site, "recommender-vs-popularity", recommender="random")

    assert shown(experiment) == [
        ("popularity", True, {"recommender": "popularity"}),
        ("random", False, {"recommender": "random"}),
    ]
    assert roles(experiment)["revenue_per_unit"] == ("primary", None)
    assert roles(experiment)["conversion"] == ("guardrail", 0.02)
    assert "random" in experiment.hypothesis_change


def test_template__new_artifact__pins_the_champion_of_that_moment(site: Site) -> None:
    choices = choices_for(site, "new-artifact-vs-champion")
    champion = Recommender.objects.get(site=site, key="random").champion
    assert champion is not None

    experiment = create(site, "new-artifact-vs-champion", **choices)

    assert shown(experiment) == [
        ("champion", True, {"recommender": "random", "artifact": champion.full_name}),
        ("candidate", False, choices),
    ]


def test_template__a_a__shows_the_same_twice_and_warns(site: Site) -> None:
    experiment = create(site, "a-a", recommender="random")

    [(_a, _control, first), (_b, _treatment, second)] = shown(experiment)
    assert first == second
    [warning] = [c for c in launch_checks(experiment) if c.code == "same_everywhere"]
    assert not warning.passed


@pytest.mark.parametrize(
    ("template", "choices", "message", "field"),
    [
        ("recommender-vs-popularity", {}, "Which recommender", "recommender"),
        ("recommender-vs-popularity", {"recommender": "nope"}, "has no recommender", "recommender"),
        ("recommender-vs-popularity", {"recommender": "popularity"}, "A/A test", "recommender"),
        ("a-a", {"recommender": "random", "artifact": "x"}, "asks for no 'artifact'", "artifact"),
        ("new-artifact-vs-champion", {"recommender": "random"}, "Which artifact", "artifact"),
        (
            "new-artifact-vs-champion",
            {"recommender": "random", "artifact": "popularity@1"},
            "is no artifact of random",
            "artifact",
        ),
    ],
)
def test_template__bad_choice__is_refused_with_the_field(
    site: Site, template: str, choices: dict[str, str], message: str, field: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as refusal:
        create(site, template, **choices)

    assert refusal.value.field == field
    assert not Experiment.objects.exists()


def test_template__champion_as_the_new_artifact__is_refused(site: Site) -> None:
    champion = Recommender.objects.get(site=site, key="random").champion
    assert champion is not None

    with pytest.raises(InvalidInput, match="is the champion already"):
        create(site, "new-artifact-vs-champion", recommender="random", artifact=champion.full_name)


def test_template__unknown__names_those_that_exist(site: Site) -> None:
    with pytest.raises(NotFound) as refusal:
        create(site, "nope", recommender="random")

    assert "a-a" in str(refusal.value.hint)


def test_template__layer_partly_taken__asks_for_the_largest_gap(site: Site) -> None:
    other = draft_experiment(site, "other", allocation=3_000)
    start_experiment(experiment_id=other.pk, waiver="a test")

    assert range_of(create(site, "a-a", recommender="random")) == (3_000, 10_000)


def test_template__site_without_its_primary_metric__keeps_the_sites_own(site: Site) -> None:
    Metric.objects.filter(key="conversion").delete()

    experiment = create(site, "a-a", recommender="random")

    assert roles(experiment) == {}


def test_template__made_by_a_person__names_the_person(site: Site) -> None:
    person = member(site, "editor", "pia")

    assert create(site, "a-a", recommender="random").created_by == person
