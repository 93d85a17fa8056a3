"""The launch checks of this room: every variant really answers, and so does what stands behind."""

import shutil
from typing import Any

import pytest
from django.conf import settings as django_settings

from experiments.models import Experiment, Site, Slate
from experiments.registries import Check
from experiments.services import VariantDraft, create_experiment
from recommenders import state
from recommenders.launching import serving_checks
from recommenders.models import Artifact, Item, Recommender, StaticList
from tests.factories import a_site, draft_experiment, stocked, trained, two_variants

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    site = a_site()
    stocked(site)
    trained(site, "popularity", "random")
    return site


def checks_of(experiment: Experiment) -> dict[str, Check]:
    checks = serving_checks(Experiment.objects.get(pk=experiment.pk))
    return {check.name: check for check in checks}


def test_checks__of_a_sound_draft__say_who_answered_and_record_nothing(site: Site) -> None:
    experiment = draft_experiment(site)

    checks = checks_of(experiment)

    champion = Recommender.objects.get(site=site, key="random").champion
    assert champion is not None
    assert all(check.passed and check.is_hard for check in checks.values())
    assert checks["Treatment can be served"].detail == (
        f"{champion.full_name} answers with 10 items"
    )
    assert checks["The fallback answers"].detail.startswith("popularity@")
    assert {check.link for check in checks.values()} == {"variants"}
    assert not Slate.objects.exists()


@pytest.mark.parametrize(
    ("parameters", "detail"),
    [
        ({"recommender": "nope"}, "unknown recommender 'nope'"),
        ({"recommender": "item_knn"}, "item_knn has not been trained"),
        ({"recommender": "random", "artifact": "random@1"}, "random@1 is not ready"),
    ],
)
def test_variant__cannot_be_served__says_why(
    site: Site, parameters: dict[str, Any], detail: str
) -> None:
    control, _treatment = two_variants()
    bad = VariantDraft(key="treatment", name="Treatment", parameters=parameters)

    check = checks_of(draft_experiment(site, variants=[control, bad]))["Treatment can be served"]

    assert not check.passed
    assert detail in check.detail


def test_variant__artifact_is_gone_from_disk__fails(site: Site) -> None:
    artifact = Artifact.objects.get(recommender__key="random")
    shutil.rmtree(django_settings.DATA_DIR / artifact.path)

    check = checks_of(draft_experiment(site))["Treatment can be served"]

    assert not check.passed
    assert "no manifest" in check.detail


def test_variant__knows_nothing_of_what_is_in_stock__fails_with_who_answered(site: Site) -> None:
    Item.objects.all().delete()
    stocked(site, 1)
    Item.objects.update(item_id="only-new")

    check = checks_of(draft_experiment(site))["Treatment can be served"]

    assert not check.passed
    assert check.detail == "catalogue answered in its place: no known items"


def test_fallback__nothing_in_stock__fails(site: Site) -> None:
    Item.objects.update(stock=0)
    state.watched.reset()

    check = checks_of(draft_experiment(site))["The fallback answers"]

    assert not check.passed
    assert check.detail == "the catalogue answers with 0 items"


def test_checks__without_a_placement__pass_unless_a_recommender_is_named(site: Site) -> None:
    flags = [
        VariantDraft(key="off", name="Off", is_control=True, parameters={"button": "grey"}),
        VariantDraft(key="on", name="On", parameters={"recommender": "item_knn"}),
    ]
    experiment = create_experiment(
        site=site, key="flag", name="Flag", layer=site.layers.first(), variants=flags
    )

    checks = checks_of(experiment)

    assert checks["Off can be served"].detail == "decided by its own parameters"
    assert not checks["On can be served"].passed
    assert "The fallback answers" not in checks


def test_checks__trained_after_the_last_refresh__see_it(site: Site) -> None:
    django_settings.SNAPSHOT_MAX_AGE_S = 600
    try:
        state.current()
        trained(site, "item_knn")
        experiment = draft_experiment(site, variants=two_variants("popularity", "item_knn"))
        check = checks_of(experiment)["Treatment can be served"]
    finally:
        django_settings.SNAPSHOT_MAX_AGE_S = 0

    assert "has not been trained" not in check.detail


def test_of_site__rolled_back__is_not_kept_by_the_process(site: Site) -> None:
    before = state.current()

    Recommender.objects.filter(key="random").update(champion=None)
    fresh = state.of_site(site.pk)

    assert fresh.recommenders[site.pk, "random"].champion is None
    assert state.watched.held() is before


def test_variant__with_settings_of_reranking_that_cannot_be__says_which(site: Site) -> None:
    control, _treatment = two_variants()
    parameters = {"recommender": "random", "rerank": {"caps": {"colour": 2}}}
    bad = VariantDraft(key="treatment", name="Treatment", parameters=parameters)

    check = checks_of(draft_experiment(site, variants=[control, bad]))["Treatment can be served"]

    assert not check.passed
    assert check.detail == ("unknown setting rerank.caps.colour. Known here: category, brand.")


def test_variant__reranked__is_tried_as_it_will_be_served(site: Site) -> None:
    control, _treatment = two_variants()
    parameters = {"recommender": "random", "rerank": {"caps": {"category": 1}, "bought_days": 3}}
    good = VariantDraft(key="treatment", name="Treatment", parameters=parameters)

    check = checks_of(draft_experiment(site, variants=[control, good]))["Treatment can be served"]

    assert check.passed
    assert check.detail.endswith("answers with 10 items")


def test_fallback__of_a_static_list__is_named(site: Site) -> None:
    StaticList.objects.create(site=site, name="All", item_ids=["sku-1"])
    Recommender.objects.update(champion=None)
    Artifact.objects.update(status=Artifact.Status.FAILED)

    check = checks_of(draft_experiment(site))["The fallback answers"]

    assert check.detail == "the static list answers with 10 items"
