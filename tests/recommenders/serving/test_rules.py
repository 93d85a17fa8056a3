"""Merchandising rules and static lists on real lists."""

from datetime import timedelta
from typing import Any

import pytest

from experiments.clock import microseconds
from experiments.models import Site
from recommenders.catalogue import ItemRecord, upsert_items
from recommenders.models import MerchandisingRule, StaticList
from tests.factories import NOW, a_site, stocked
from tests.recommenders.shop import a_shop, ask, ids_of, sell_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    """Return a shop where sku-0 sells best, then sku-1 and so on."""
    return a_shop("popularity")[0]


def a_rule(site: Site, kind: str, value: str, **fields: Any) -> MerchandisingRule:
    return MerchandisingRule.objects.create(site=site, name=kind, kind=kind, value=value, **fields)


def test_block__of_an_item_a_category_and_a_brand__hides_them_and_refills(site: Site) -> None:
    a_rule(site, "block", "sku-0")
    a_rule(site, "block", "category-1", target="category")
    a_rule(site, "block", "brand-2", target="brand")

    # Categories go by index modulo 4, brands modulo 3.
    shown = [n for n in range(12) if n != 0 and n % 4 != 1 and n % 3 != 2]
    assert set(ids_of(ask(site, k=12))) == {f"sku-{n}" for n in shown}


def test_pin__at_its_rank__moves_the_others_on_and_is_on_the_list_once(site: Site) -> None:
    a_rule(site, "pin", "sku-9", rank=2)
    a_rule(site, "pin", "sku-0", rank=4)

    served = ask(site, k=5)

    assert ids_of(served) == ["sku-1", "sku-9", "sku-2", "sku-0", "sku-3"]
    assert served.reasons == ("popular", "pinned", "popular", "pinned", "popular")
    assert [item.propensity for item in served.items] == [1.0] * 5


def test_pins__of_one_item_or_one_rank__show_it_once_and_the_placements_first(site: Site) -> None:
    home = site.placements.get(key="home")
    a_rule(site, "pin", "sku-9", rank=3)
    a_rule(site, "pin", "sku-9", rank=2)
    a_rule(site, "pin", "sku-8", rank=1, placement=home)
    a_rule(site, "pin", "sku-7", rank=1)

    assert ids_of(ask(site, k=4)) == ["sku-8", "sku-9", "sku-0", "sku-1"]
    assert ids_of(ask(site, k=4, placement="cart")) == ["sku-7", "sku-9", "sku-0", "sku-1"]


@pytest.mark.parametrize("why", ["sold out", "in the cart", "beyond the list", "unknown"])
def test_pin__that_cannot_be_shown__leaves_no_hole(site: Site, why: str) -> None:
    a_rule(site, "pin", "nobody" if why == "unknown" else "sku-9", rank=1)
    if why == "beyond the list":
        MerchandisingRule.objects.get().delete()
        a_rule(site, "pin", "sku-9", rank=6)
    if why == "sold out":
        sell_out(site, "sku-9")

    served = ask(site, k=5, excluded=frozenset({"sku-9"} if why == "in the cart" else ()))

    assert ids_of(served) == ["sku-0", "sku-1", "sku-2", "sku-3", "sku-4"]


def test_boost_and_bury__move_items_and_keep_them(site: Site) -> None:
    a_rule(site, "boost", "sku-5", factor=50.0)
    a_rule(site, "bury", "sku-0")

    order = ids_of(ask(site, k=12))

    assert order[:2] == ["sku-5", "sku-1"]
    assert order[-1] == "sku-0"
    assert len(order) == 12


def test_rule__of_another_placement__changes_nothing_here(site: Site) -> None:
    a_rule(site, "block", "sku-0", placement=site.placements.get(key="product"))

    assert ids_of(ask(site, k=1, placement="home")) == ["sku-0"]
    assert ids_of(ask(site, k=1, placement="product")) == ["sku-1"]


def test_rule__of_another_site__changes_nothing_here(site: Site) -> None:
    a_rule(a_site("other"), "block", "sku-0")

    assert ids_of(ask(site, k=1)) == ["sku-0"]


def test_rule__for_a_while__is_in_force_from_its_start_until_its_end(site: Site) -> None:
    hour = timedelta(hours=1)
    a_rule(site, "block", "sku-0", starts_at=NOW, ends_at=NOW + hour)

    first = {
        moment: ids_of(ask(site, k=1, now_us=microseconds(moment)))
        for moment in (NOW - hour, NOW, NOW + hour - timedelta(seconds=1), NOW + hour)
    }

    assert list(first.values()) == [["sku-0"], ["sku-1"], ["sku-1"], ["sku-0"]]


def test_rule__switched_off__is_out_of_force(site: Site) -> None:
    rule = a_rule(site, "block", "sku-0")
    before = ids_of(ask(site, k=1))
    rule.is_active = False
    rule.save()

    assert (before, ids_of(ask(site, k=1))) == (["sku-1"], ["sku-0"])


def test_static_list__nothing_can_answer__is_shown_and_filled_from_the_catalogue() -> None:
    site = a_site()
    stocked(site, 6)
    home = site.placements.get(key="home")
    StaticList.objects.create(site=site, name="All", item_ids=["sku-3"])
    StaticList.objects.create(
        site=site, name="Home", placement=home, item_ids=["sku-1", "gone", "sku-4"]
    )

    here, there = ask(site, k=4), ask(site, k=2, placement="cart")

    assert (here.recommender, here.fallback) == ("static", "no_artifact")
    assert ids_of(here) == ["sku-1", "sku-4", "sku-5", "sku-3"]
    assert ids_of(there) == ["sku-3", "sku-5"]


def test_static_list__with_rules_and_a_cart__follows_them() -> None:
    site = a_site()
    stocked(site, 6)
    StaticList.objects.create(site=site, name="All", item_ids=["sku-1", "sku-2", "sku-3"])
    a_rule(site, "block", "sku-1")
    a_rule(site, "pin", "sku-0", rank=1)

    assert ids_of(ask(site, k=3, excluded=frozenset({"sku-2"}))) == ["sku-0", "sku-3", "sku-5"]


def test_market__of_an_item__is_asked_where_the_country_is_known(site: Site) -> None:
    record = ItemRecord("sku-0", "Item 0", "category-0", markets=("DE", "AT"))
    upsert_items(site=site, items=[record])

    by_country = {c: ids_of(ask(site, k=1, country=c))[0] for c in ("DE", "FR", "")}
    careless = ask(site, {"rerank": {"markets": False}}, k=1, country="FR")

    assert by_country == {"DE": "sku-0", "FR": "sku-1", "": "sku-0"}
    assert ids_of(careless) == ["sku-0"]
