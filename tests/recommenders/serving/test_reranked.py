"""Re-ranking on real lists, set by a variant's parameters."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from experiments.clock import microseconds
from experiments.intake.importing import EventRecord, import_events
from experiments.models import Site
from experiments.services import VariantDraft, start_experiment
from recommenders.catalogue import ItemRecord, upsert_items
from recommenders.models import MerchandisingRule
from recommenders.reranking.settings import with_defaults
from recommenders.serving import Served
from tests.callers import caller_for
from tests.factories import NOW, draft_experiment, trained
from tests.recommenders.shop import a_shop, ask, ids_of

pytestmark = pytest.mark.django_db
DRAWS = 2_000


@pytest.fixture
def site() -> Site:
    """Return a shop where sku-0 sells best; categories go by index modulo 4, brands modulo 3."""
    return a_shop("popularity", "item_knn")[0]


def reranked(site: Site, rerank: dict[str, Any], **fields: Any) -> Served:
    return ask(site, {"rerank": rerank}, **fields)


def test_caps__of_category_and_brand__hold_and_the_list_stays_full(site: Site) -> None:
    served = reranked(site, {"caps": {"category": 1, "brand": 2}}, k=4)

    numbers = [int(item.item_id.removeprefix("sku-")) for item in served.items]
    assert max(Counter(n % 4 for n in numbers).values()) == 1
    assert max(Counter(n % 3 for n in numbers).values()) <= 2
    assert (len(numbers), served.fallback) == (4, "")


def test_caps__that_would_leave_places_empty__give_way(site: Site) -> None:
    served = reranked(site, {"caps": {"category": 1}}, k=6)

    assert ids_of(served)[:4] == ["sku-0", "sku-1", "sku-2", "sku-3"]
    assert len(set(ids_of(served))) == 6


@pytest.mark.parametrize("by", ["category", "content"])
def test_diversity__takes_what_differs_before_more_of_the_same(site: Site, by: str) -> None:
    upsert_items(
        site=site,
        items=[ItemRecord(f"sku-{n}", "Item", "same", "same") for n in (0, 1, 2, 3, 4)],
    )
    trained_anew = a_shop_retrained(site)

    plain = ids_of(ask(site, trained_anew, k=4))
    varied = ids_of(
        ask(site, trained_anew | {"rerank": {"diversity": {"by": by, "strength": 0.9}}}, k=4)
    )

    assert plain == ["sku-0", "sku-1", "sku-2", "sku-3"]
    assert varied[0] == "sku-0"
    assert not {"sku-1", "sku-2", "sku-3", "sku-4"} & set(varied)


def a_shop_retrained(site: Site) -> dict[str, Any]:
    """Return parameters of an artifact that knows the items as they are now."""
    (artifact,) = trained(site, "popularity")
    return {"recommender": "popularity", "artifact": artifact.full_name}


@pytest.mark.parametrize(
    "exploration",
    [{"kind": "softmax", "among": 8}, {"kind": "epsilon", "share": 0.4, "among": 8}],
)
def test_exploration__over_many_requests__shows_items_as_often_as_it_says(
    site: Site, exploration: dict[str, Any]
) -> None:
    shown: Counter[str] = Counter()
    odds: dict[str, set[float]] = {}
    for seed in range(DRAWS):
        for item in reranked(site, {"exploration": exploration}, k=3, seed=seed).items:
            shown[item.item_id] += 1
            odds.setdefault(item.item_id, set()).add(item.propensity)

    assert all(len(each) == 1 for each in odds.values())
    for item_id, (odd,) in odds.items():
        error = np.sqrt(odd * (1 - odd) / DRAWS)
        assert abs(shown[item_id] / DRAWS - odd) <= 4 * error + 1e-12
    assert sum(odd for (odd,) in odds.values()) == pytest.approx(3, abs=0.02)


def test_exploration__of_one_request__is_drawn_again_the_same(site: Site) -> None:
    rerank = {"exploration": {"kind": "epsilon", "share": 1.0}}

    lists = {tuple(ids_of(reranked(site, rerank, seed=2**127 + 5))) for _ in range(3)}
    others = {tuple(ids_of(reranked(site, rerank, seed=seed))) for seed in range(20)}

    assert len(lists) == 1
    assert len(others) > 5


def test_exploration__with_caps_and_a_pin__keeps_both(site: Site) -> None:
    MerchandisingRule.objects.create(site=site, name="p", kind="pin", value="sku-11", rank=2)
    rerank = {"exploration": {"kind": "epsilon", "share": 1.0}, "caps": {"category": 1}}

    for seed in range(50):
        served = reranked(site, rerank, k=4, seed=seed)
        others = [item for item in served.items if item.item_id != "sku-11"]
        assert served.items[1].item_id == "sku-11"
        assert len({item.category for item in others}) == len(others) == 3
        assert served.items[1].propensity == 1.0


def test_new_items__get_their_share_with_its_propensity(site: Site) -> None:
    new = [ItemRecord(f"new-{n}", "New", added_at=NOW - timedelta(days=n)) for n in (1, 2, 30)]
    old = NOW - timedelta(days=400)
    site.item_set.update(added_at=old)
    upsert_items(site=site, items=new)

    shown: Counter[str] = Counter()
    for seed in range(DRAWS):
        served = reranked(site, {"new_items": {"share": 0.1, "days": 14}}, k=5, seed=seed)
        for item, reason in zip(served.items, served.reasons, strict=True):
            shown[item.item_id] += 1
            if reason == "new":
                assert item.propensity == pytest.approx(0.25)  # half a place, two items
            assert (item.item_id in {"new-1", "new-2"}) == (reason == "new")

    for item_id, odd in {"new-1": 0.25, "new-2": 0.25, "sku-0": 1.0, "sku-4": 0.5}.items():
        error = np.sqrt(odd * (1 - odd) / DRAWS)
        assert abs(shown[item_id] / DRAWS - odd) <= 4 * error
    assert shown["new-30"] == shown["sku-5"] == 0


def test_bought__within_the_days__is_left_out_also_when_the_list_is_filled(site: Site) -> None:
    # v-2 bought 0, 1 and 2 thirty days before NOW, and training goes by the clock.
    champion = site.recommenders.get(key="popularity").champion
    assert champion is not None
    assert champion.trained_until is not None
    days = (champion.trained_until - NOW).days + 30

    within = reranked(site, {"bought_days": days + 1}, visitor="v-2", k=12)
    beyond = reranked(site, {"bought_days": days - 1}, visitor="v-2", k=3)

    assert set(ids_of(within)) == {f"sku-{n}" for n in range(3, 12)}
    assert ids_of(beyond) == ["sku-0", "sku-1", "sku-2"]


def test_bought__since_training__is_left_out_for_as_many_days(site: Site) -> None:
    champion = site.recommenders.get(key="popularity").champion
    assert champion is not None
    assert champion.trained_until is not None
    until = champion.trained_until
    import_events(
        site=site,
        events=[
            EventRecord(
                event_id=UUID(int=1_000 + day),
                type="purchase",
                occurred_at=until + timedelta(days=day),
                visitor_id=visitor,
                item_id=item_id,
                amount=100,
            )
            for day, visitor, item_id in (
                (3, "new", "sku-0"),
                (9, "new", "sku-1"),
                (9, "v", "sku-2"),
            )
        ],
    )
    later = {"visitor": "new", "k": 3, "now_us": microseconds(until + timedelta(days=10))}

    all_of_it = reranked(site, {"bought_days": 30}, **later)
    the_newest = reranked(site, {"bought_days": 5}, **later)

    assert ids_of(all_of_it) == ["sku-2", "sku-3", "sku-4"]
    assert ids_of(the_newest) == ["sku-0", "sku-2", "sku-3"]


def test_bought__shortly_before_training_and_applied_after_it__is_left_out(site: Site) -> None:
    champion = site.recommenders.get(key="popularity").champion
    assert champion is not None
    assert champion.trained_until is not None
    late = EventRecord(
        event_id=UUID(int=1_000),
        type="purchase",
        occurred_at=champion.trained_until - timedelta(hours=1),
        visitor_id="new",
        items=[{"item_id": "sku-0", "quantity": 1, "price": 100}],
        order_id="o-1",
        amount=100,
    )
    import_events(site=site, events=[late])

    now_us = microseconds(champion.trained_until + timedelta(days=2))
    served = reranked(site, {"bought_days": 30}, visitor="new", k=1, now_us=now_us)

    assert ids_of(served) == ["sku-1"]


def test_bought__without_knowing_the_unit__leaves_nothing_out(site: Site) -> None:
    served = reranked(site, {"bought_days": 3_650}, visitor="v-2", k=2, may_know=False)

    assert ids_of(served) == ["sku-0", "sku-1"]


def test_blocklist__of_a_variant__is_its_own(site: Site) -> None:
    assert ids_of(reranked(site, {"blocklist": ["sku-0"]}, k=1)) == ["sku-1"]
    assert ids_of(ask(site, k=1)) == ["sku-0"]


def test_settings__that_nobody_checked_and_that_are_wrong__count_as_none(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    served = reranked(site, {"caps": {"colour": 1}}, k=2)

    assert (ids_of(served), served.fallback) == (["sku-0", "sku-1"], "")
    assert "re-ranking settings ignored: unknown setting rerank.caps.colour" in caplog.text


def test_defaults__of_the_placement__stand_where_the_variant_says_nothing() -> None:
    placement = {"recommender": "popularity", "rerank": {"bought_days": 3, "markets": False}}

    found = with_defaults({"recommender": "als", "rerank": {"bought_days": 0}}, placement)

    assert found == {"recommender": "als", "rerank": {"bought_days": 0, "markets": False}}
    assert with_defaults(placement, placement) is placement


def test_defaults__switched_off_by_the_variant__leave_nothing_of_the_placement() -> None:
    own = {"rerank": {"bought_days": 0, "defaults": False}}

    assert with_defaults(own, {"rerank": {"markets": False}}) is own


def test_running_experiment__whose_placement_changes__shows_what_it_showed(site: Site) -> None:
    home = site.placements.get(key="home")
    home.parameters = {"recommender": "popularity", "rerank": {"blocklist": ["sku-0"]}}
    home.save()
    own = {"recommender": "popularity", "rerank": {"caps": {"category": 1}}}
    drafts = [
        VariantDraft(key="control", name="Control", is_control=True),
        VariantDraft(key="own", name="Own", parameters=own),
    ]
    draft = draft_experiment(site, variants=drafts)
    experiment = start_experiment(experiment_id=draft.pk, waiver="a test")
    home.parameters = {"recommender": "popularity", "rerank": {"blocklist": ["sku-1"]}}
    home.save()

    caller, found = caller_for(site), {}
    for number in range(20):
        body = {"unit": {"visitor_id": f"n-{number}"}, "placement": "home", "k": 3}
        answer = caller.post("recommendations", body).json()
        found[answer["experiment"]["variant"]] = [each["item_id"] for each in answer["items"]]

    assert found == {variant: ["sku-1", "sku-2", "sku-3"] for variant in ("control", "own")}
    pinned = experiment.variants.get(key="own").parameters["rerank"]
    assert pinned == {"blocklist": ["sku-0"], "caps": {"category": 1}, "defaults": False}


def test_kept_list__of_everybody__is_one_object_until_catalogue_or_rules_change(
    site: Site,
) -> None:
    first, second = ask(site), ask(site, visitor="somebody else")
    upsert_items(site=site, items=[ItemRecord("sku-0", "Item 0", "category-0", stock=0)])
    third = ask(site)

    assert first is second
    assert ids_of(third)[0] == "sku-1"


def test_kept_order__of_a_long_cart__goes_on_below_it(site: Site) -> None:
    cart = frozenset(f"sku-{n}" for n in range(10))

    assert ids_of(ask(site, k=2, excluded=cart)) == ["sku-10", "sku-11"]


@pytest.mark.parametrize("rerank", [{"exploration": {}}, {"new_items": {}, "caps": {"brand": 1}}])
def test_unknown_unit__of_a_reranked_personal_recommender__gets_popularity(
    site: Site, rerank: dict[str, Any]
) -> None:
    served = ask(site, {"recommender": "item_knn", "rerank": rerank}, visitor="never seen", k=3)

    assert (served.recommender, served.fallback) == ("popularity", "unknown_unit")
    assert len(set(ids_of(served))) == 3


def test_every_place_pinned__is_a_list_of_pins(site: Site) -> None:
    for rank in (1, 2):
        MerchandisingRule.objects.create(
            site=site, name="p", kind="pin", value=f"sku-{rank + 5}", rank=rank
        )

    plain = ask(site, k=2)
    drawn = reranked(site, {"exploration": {}, "diversity": {}, "new_items": {}}, k=2)

    assert ids_of(plain) == ids_of(drawn) == ["sku-6", "sku-7"]
    assert (plain.fallback, drawn.fallback) == ("", "")
