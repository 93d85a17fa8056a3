"""The fallback chain: whoever answers, the answer says why."""

import logging
import shutil

import pytest

from recommenders import state
from recommenders.loaded import cache
from recommenders.models import Artifact, Recommender
from recommenders.services import promote
from tests.factories import a_site, stocked, trained
from tests.recommenders.shop import DAMAGES, a_shop, ask, folder_of, ids_of, retrained, sell_out

pytestmark = pytest.mark.django_db
RANDOM = {"recommender": "random"}


def test_serve__champion_well__answers_without_a_fallback() -> None:
    site, made = a_shop("popularity", "random")

    served = ask(site, RANDOM)

    assert (served.recommender, served.artifact) == ("random", made["random"].full_name)
    assert served.fallback == ""
    assert len(ids_of(served)) == 5


def test_serve__no_parameters__is_popularity_and_no_fallback() -> None:
    site, made = a_shop("popularity")

    served = ask(site)

    assert (served.artifact, served.fallback) == (made["popularity"].full_name, "")
    assert ids_of(served) == ["sku-0", "sku-1", "sku-2", "sku-3", "sku-4"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_serve__champion_damaged__the_previous_artifact_answers(damage: str) -> None:
    site, _made = a_shop("popularity", "random")
    previous = Artifact.objects.get(recommender__key="random")
    champion = retrained(site, "random")
    harm, reason = DAMAGES[damage]
    harm(champion)

    served = ask(site, RANDOM)

    assert champion.pk != previous.pk
    assert (served.artifact, served.fallback) == (previous.full_name, reason)
    assert len(served.items) == 5


def test_serve__all_of_its_artifacts_damaged__popularity_answers() -> None:
    site, made = a_shop("popularity", "random")
    harm, reason = DAMAGES["array truncated"]
    for artifact in (made["random"], retrained(site, "random")):
        harm(artifact)

    served = ask(site, RANDOM)

    assert (served.artifact, served.fallback) == (made["popularity"].full_name, reason)


def test_serve__everything_damaged__the_catalogue_answers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site, made = a_shop("popularity", "random")
    harm, _reason = DAMAGES["folder gone"]
    for artifact in made.values():
        harm(artifact)

    with caplog.at_level(logging.ERROR, "recommenders.loaded"):
        served = ask(site, RANDOM)

    assert (served.recommender, served.artifact) == ("catalogue", "")
    assert served.fallback == "artifact_missing"
    assert ids_of(served) == ["sku-11", "sku-10", "sku-9", "sku-8", "sku-7"]
    assert all(item.score is None for item in served.items)
    assert f"artifact not loaded name={made['random'].full_name}" in caplog.text


@pytest.mark.parametrize("key", ["hybrid", "nobody_knows_it"])
def test_serve__recommender_never_trained__popularity_answers_and_says_so(key: str) -> None:
    site, made = a_shop("popularity")

    served = ask(site, {"recommender": key})

    assert (served.artifact, served.fallback) == (made["popularity"].full_name, "no_artifact")


def test_serve__trained_but_never_promoted__answers_and_says_so() -> None:
    site, made = a_shop("popularity", "random")
    recommender = Recommender.objects.get(site=site, key="random")
    recommender.champion = None
    recommender.save()

    served = ask(site, RANDOM)

    assert (served.artifact, served.fallback) == (made["random"].full_name, "no_artifact")


def test_serve__nothing_trained__the_catalogue_answers() -> None:
    site = a_site()
    stocked(site, 3)

    served = ask(site)

    assert (served.recommender, served.fallback) == ("catalogue", "no_artifact")
    assert ids_of(served) == ["sku-2", "sku-1", "sku-0"]


def test_serve__empty_catalogue__is_an_empty_list_with_its_reason() -> None:
    served = ask(a_site())

    assert (served.items, served.fallback) == ([], "no_artifact")


def test_serve__whole_catalogue_sold_out__is_an_empty_list_with_its_reason() -> None:
    site, _made = a_shop("popularity")
    sell_out(site, *(f"sku-{number}" for number in range(12)))

    served = ask(site)

    assert (served.items, served.fallback) == ([], "no_known_items")


def test_serve__unknown_visitor_of_a_personal_recommender__gets_popularity() -> None:
    site, made = a_shop("popularity", "item_knn")

    known = ask(site, {"recommender": "item_knn"}, visitor="v-3", k=3)
    unknown = ask(site, {"recommender": "item_knn"}, visitor="never-seen", k=3)
    nobody = ask(site, {"recommender": "item_knn"}, visitor="", k=3)

    assert (known.artifact, known.fallback) == (made["item_knn"].full_name, "")
    assert (unknown.artifact, unknown.fallback) == (made["popularity"].full_name, "unknown_unit")
    assert ids_of(unknown) == ["sku-0", "sku-1", "sku-2"]
    assert nobody == unknown


def test_serve__shop_without_history__still_answers() -> None:
    site = a_site()
    stocked(site, 6)
    trained(site, "popularity", "item_knn")

    plain, personal = ask(site), ask(site, {"recommender": "item_knn"})

    assert (len(plain.items), plain.fallback) == (5, "")
    assert (len(personal.items), personal.fallback) == (5, "unknown_unit")


def test_serve__pinned_artifact__stays_when_another_becomes_champion() -> None:
    site, made = a_shop("popularity", "random")
    pinned = {"recommender": "random", "artifact": made["random"].full_name}
    newer = retrained(site, "random")

    served, following = ask(site, pinned), ask(site, RANDOM)

    assert (served.artifact, served.fallback) == (made["random"].full_name, "")
    assert following.artifact == newer.full_name


def test_serve__pinned_artifact_unknown__the_champion_answers_and_says_so() -> None:
    site, made = a_shop("popularity", "random")

    served = ask(site, {"recommender": "random", "artifact": "random@2020-01-01.1"})

    assert (served.artifact, served.fallback) == (made["random"].full_name, "artifact_missing")


def test_serve__damaged_then_replaced__the_new_one_answers_at_once() -> None:
    site, made = a_shop("popularity", "random")
    DAMAGES["array truncated"][0](made["random"])
    assert ask(site, RANDOM).fallback == "artifact_damaged"

    mended = retrained(site, "random")

    served = ask(site, RANDOM)
    assert (served.artifact, served.fallback) == (mended.full_name, "")


def test_serve__files_removed_while_open__goes_on() -> None:
    site, made = a_shop("popularity", "random")
    before = ask(site, RANDOM)
    shutil.rmtree(folder_of(made["random"]))

    assert ask(site, RANDOM) == before

    cache.forget()  # as after a restart
    assert ask(site, RANDOM).fallback == "artifact_missing"


def test_serve__another_sites_artifact__is_not_found() -> None:
    _site, made = a_shop("popularity", "random")
    other = a_site("other")
    stocked(other, 3)

    served = ask(other, {"recommender": "random", "artifact": made["random"].full_name})

    assert (served.recommender, served.fallback) == ("catalogue", "artifact_missing")
    assert ids_of(served) == ["sku-2", "sku-1", "sku-0"]


def test_promote__older_artifact__serves_again() -> None:
    site, made = a_shop("popularity", "random")
    retrained(site, "random")

    promote(artifact=made["random"], reason="a test", by="ada", override=True)

    assert ask(site, RANDOM).artifact == made["random"].full_name
    assert state.current().recommenders[site.pk, "random"].champion == made["random"].full_name
