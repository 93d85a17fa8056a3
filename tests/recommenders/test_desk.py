"""What the set-up asks of recommenders: settings, artifacts, lists that are recorded nowhere."""

import pytest

from experiments.desks import Setting
from experiments.models import InboxBatch, Slate
from recommenders.desk import artifacts_of, sample, settings_of, settle
from recommenders.errors import SettingsError
from recommenders.models import Artifact, MerchandisingRule, Recommender
from tests.factories import a_site, stocked, trained

pytestmark = pytest.mark.django_db


def test_settings__of_a_recommender__are_its_own_over_its_algorithms() -> None:
    site = a_site()
    Recommender.objects.filter(site=site, key="item_knn").update(settings={"neighbours": 7})

    assert Setting("neighbours", 7) in settings_of(site, "item_knn")
    assert settings_of(site, "nobody") == []


def test_settings__of_an_algorithm_that_is_gone__are_none() -> None:
    site = a_site()
    Recommender.objects.create(site=site, key="gone", algorithm="taken_out")

    assert settings_of(site, "gone") == []


def test_artifacts__of_a_recommender__are_the_newest_the_followed_and_each_ready_one() -> None:
    site = a_site()
    stocked(site)
    (artifact,) = trained(site, "popularity")

    values = [value for value, _label in artifacts_of(site, "popularity")]

    assert values == ["", "champion", "challenger", artifact.full_name]


def test_settle__with_other_settings__makes_one_recommender_and_queues_its_training() -> None:
    site = a_site()
    asked = {"recommender": "item_knn", "artifact": "champion", "color": "red"}

    first = settle(site, asked, {"neighbours": 20})
    second = settle(site, asked, {"neighbours": 20})

    assert first == second == {"recommender": "item_knn-neighbours-20", "color": "red"}
    made = Recommender.objects.get(site=site, key="item_knn-neighbours-20")
    assert (made.algorithm, made.settings["neighbours"]) == ("item_knn", 20)
    assert [row.status for row in made.artifacts.all()] == [Artifact.Status.QUEUED]


def test_settle__back_to_its_algorithms_settings__finds_the_one_that_has_them() -> None:
    site = a_site()
    other = settle(site, {"recommender": "item_knn"}, {"neighbours": 20})

    assert settle(site, other, {"neighbours": 50}) == {"recommender": "item_knn"}


def test_settle__with_a_setting_that_is_not_taken__names_it_and_makes_nothing() -> None:
    site = a_site()
    before = Recommender.objects.count()

    with pytest.raises(SettingsError, match="unknown setting 'depth'"):
        settle(site, {"recommender": "item_knn"}, {"depth": 3})

    assert Recommender.objects.count() == before


@pytest.mark.parametrize("unit_id", ["", "v-81"])
def test_sample__of_any_shopper__is_a_list_with_titles_and_records_nothing(unit_id: str) -> None:
    site = a_site()
    stocked(site)
    trained(site, "popularity")

    found = sample(site, {"recommender": "popularity"}, unit_id, 10)

    assert len(found.items) == 10
    assert found.items[0].title.startswith("Item ")
    assert found.items[0].price.endswith("EUR")
    assert found.source.startswith("popularity@")
    assert (Slate.objects.count(), InboxBatch.objects.count()) == (0, 0)


def test_sample__of_what_cannot_answer__says_that_another_stands_in() -> None:
    site = a_site()
    stocked(site)

    found = sample(site, {"recommender": "item_knn"}, "", 5)

    assert found.note.startswith("not trained yet")
    assert found.source == "catalogue"


def test_settle__with_settings_of_reranking_that_cannot_be__names_them() -> None:
    site = a_site()

    with pytest.raises(SettingsError, match=r"rerank\.bought_days must be") as caught:
        settle(site, {"recommender": "popularity", "rerank": {"bought_days": "x"}}, {})

    assert caught.value.field == "rerank.bought_days"


def test_sample__on_a_placement__follows_its_rules_and_its_reranking() -> None:
    site = a_site()
    stocked(site, 8)
    trained(site, "popularity")
    home = site.placements.get(key="home")
    home.parameters = {"recommender": "popularity", "rerank": {"blocklist": ["sku-1"]}}
    home.save()
    MerchandisingRule.objects.create(
        site=site, name="p", placement=home, kind="pin", value="sku-7", rank=1
    )

    found = sample(site, {"recommender": "popularity"}, "", 8, home)
    elsewhere = sample(site, {"recommender": "popularity"}, "", 8)

    assert found.items[0].item_id == "sku-7"
    assert "sku-1" not in {item.item_id for item in found.items}
    assert len(elsewhere.items) == 8
