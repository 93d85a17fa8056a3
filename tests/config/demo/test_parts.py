"""The parts of the demonstration, each on a small shop."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from config.demo import equip, experiment
from config.demo.traffic import lists_of
from config.simulation.behaviour import NOTHING
from config.simulation.history import history_events
from config.simulation.shop import LIST_LENGTH, Shop, make_shop
from experiments.models import Event, Site, Slate
from recommenders.models import Item
from tests.factories import trained

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def small_shop() -> Shop:
    return make_shop(seed=5, start=MONDAY, n_items=60, n_visitors=120, days=3)


@pytest.mark.django_db
def test_make_site__twice__keeps_the_first_and_is_simulated() -> None:
    first, second = equip.make_site(1), equip.make_site(1)

    assert (first.slug, second.slug) == ("demo", "demo-2")
    assert first.is_simulated
    assert second.is_simulated


@pytest.mark.django_db
def test_make_admin__again__has_a_fresh_password() -> None:
    first, second = equip.make_admin(), equip.make_admin()

    user = User.objects.get(username=equip.LOGIN)
    assert user.check_password(second)
    assert not user.check_password(first)
    assert user.is_superuser


@pytest.mark.django_db
def test_fill__catalogue_and_past__are_all_there(small_shop: Shop) -> None:
    site = equip.make_site(5)
    told: list[int] = []

    items = equip.fill_catalogue(site, small_shop)
    events = equip.fill_history(site, small_shop, told.append)

    past = sum(1 for _ in history_events(small_shop.scene, small_shop.history, small_shop.rng("x")))
    assert items == Item.objects.filter(site=site).count() == 60
    assert events == Event.objects.filter(site=site).count() == past == sum(told)


@pytest.mark.django_db
def test_start__same_demo_seed__splits_alike(small_shop: Shop) -> None:
    site = equip.make_site(5)
    equip.fill_catalogue(site, small_shop)
    trained(site, "popularity", "random")
    names = experiment.NAMES | {"random": "Random"}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "NAMES", names)
        started = experiment.start(site, ["popularity", "random"], seed=5, days=3)

    assert started.status == "running"
    assert started.seed == "demo:5"
    assert [v.is_control for v in started.variants.all()] == [True, False]
    assert all("artifact" in v.parameters for v in started.variants.all())


@pytest.mark.django_db
def test_truth__of_recommenders__records_nothing(small_shop: Shop) -> None:
    site = equip.make_site(5)
    equip.fill_catalogue(site, small_shop)
    equip.fill_history(site, small_shop, lambda _count: None)
    trained(site, "popularity", "hybrid")
    started = experiment.start(site, ["popularity", "hybrid"], seed=5, days=3)
    told: list[int] = []

    truth = experiment.truth_of(small_shop, started, told.append)

    assert {one.variant for one in truth} == {"popularity", "hybrid"}
    assert sum(told) == 2 * 120
    assert not Slate.objects.exists()


def test_lists_of__short_answer__has_nothing_at_the_other_ranks() -> None:
    answers = [{"items": [{"item_id": "b", "rank": 1}, {"item_id": "a", "rank": 2}]}]

    lists = lists_of(answers, {"a": 0, "b": 1})

    assert lists.tolist() == [[1, 0] + [NOTHING] * (LIST_LENGTH - 2)]


@pytest.mark.django_db
def test_demo__production_installation__is_refused(settings: Settings) -> None:
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="this is a production installation"):
        call_command("demo", "--exit")

    assert not Site.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("days", ["0", "15", "many"])
def test_demo__impossible_number_of_days__is_refused(days: str) -> None:
    with pytest.raises(CommandError, match="days"):
        call_command("demo", "--days", days)
