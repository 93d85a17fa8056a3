"""The truth: the report's definitions, fresh luck, no event read."""

import numpy as np
import pytest
from numpy.typing import NDArray

from config.simulation.behaviour import NOTHING, Outcome
from config.simulation.catalogue import Catalogue
from config.simulation.shop import WINDOW_DAYS, Shop
from config.simulation.truth import METRICS, Serve, find_truth, in_window, unit_sums
from config.simulation.visits import DAY_S, Visits


def _visits(shop: Shop, visitor: list[int], day: list[float]) -> Visits:
    return Visits(shop.start, np.array(visitor), (np.array(day) * DAY_S).astype(np.int64))


def _outcome(clicked: list[int], bought: list[int], aside: list[int]) -> Outcome:
    """Return visits with lists of one item each; the same item is bought beside the list."""
    n = len(clicked)
    return Outcome(
        lists=np.zeros((n, 1), np.int64),
        clicked=np.array(clicked, bool)[:, None],
        carted=np.array(clicked, bool)[:, None],
        bought=np.array(bought)[:, None],
        organic_item=np.where(np.array(aside) > 0, 0, NOTHING),
        organic_bought=np.array(aside),
    )


def _by_taste(catalogue: Catalogue, taste: NDArray[np.float64]) -> Serve:
    """Return a server of appealing items, or under `personal` of those that a taste points to."""

    def serve(visitor: NDArray[np.int64], variant: str) -> NDArray[np.int64]:
        personal = taste[visitor] @ catalogue.factors.T if variant == "personal" else 0.0
        scores = catalogue.appeal + 3 * personal * np.ones((len(visitor), 1))
        return np.argsort(-scores, axis=1)[:, :10]

    return serve


def test_unit_sums__known_outcomes__follow_the_report_definitions(shop: Shop) -> None:
    price = int(shop.catalogue.price[0])
    visits = _visits(shop, [0, 0, 1, 2], [0, 1, 1, 2])
    outcome = _outcome(clicked=[1, 0, 1, 0], bought=[2, 0, 0, 0], aside=[1, 0, 0, 0])

    values = unit_sums(visits, outcome, shop.catalogue, len(shop.visitors)).values()

    assert values["ctr"] == 2 / 4
    assert values["conversion"] == pytest.approx(1 / 3)
    assert values["revenue_per_unit"] == pytest.approx(3 * price / 3)
    assert values["aov"] == pytest.approx(3 * price / 2)


def test_unit_sums__after_the_window__nothing_counts(shop: Shop) -> None:
    visits = _visits(shop, [0, 1, 0], [0, 5, WINDOW_DAYS + 0.1])
    outcome = _outcome(clicked=[0, 1, 1], bought=[0, 1, 1], aside=[0, 0, 0])

    values = unit_sums(visits, outcome, shop.catalogue, len(shop.visitors)).values()

    assert values["ctr"] == 1 / 2
    assert values["conversion"] == 1 / 2


def test_in_window__last_second__is_in(shop: Shop) -> None:
    visits = Visits(
        shop.start,
        np.zeros(3, np.int64),
        np.array([7, 7 + WINDOW_DAYS * DAY_S - 1, 7 + WINDOW_DAYS * DAY_S]),
    )

    assert in_window(visits, 1).tolist() == [True, True, False]


def test_truth__same_lists__has_no_lift(shop: Shop) -> None:
    serve = _by_taste(shop.catalogue, shop.visitors.taste)

    truth = find_truth(shop, ["plain", "also plain"], serve, replicates=2)

    assert {(one.metric, one.lift) for one in truth if one.variant == "also plain"} == {
        (metric, 0.0) for metric in METRICS
    }


def test_truth__personal_lists__earn_more_and_say_how_sure(shop: Shop) -> None:
    serve = _by_taste(shop.catalogue, shop.visitors.taste)

    truth = find_truth(shop, ["plain", "personal"], serve, replicates=6)

    found = {one.metric: one for one in truth if one.variant == "personal"}
    for metric in ("ctr", "conversion", "revenue_per_unit"):
        one = found[metric]
        assert one.lift is not None
        assert one.lift_error is not None
        assert one.lift > 5 * one.lift_error > 0


def test_truth__every_variant__is_served_to_everybody_once(shop: Shop) -> None:
    asked: list[tuple[str, int]] = []
    plain = _by_taste(shop.catalogue, shop.visitors.taste)

    def serve(visitor: NDArray[np.int64], variant: str) -> NDArray[np.int64]:
        asked.append((variant, len(visitor)))
        return plain(visitor, variant)

    find_truth(shop, ["plain", "personal"], serve, replicates=2)

    assert asked == [("plain", 1_500), ("personal", 1_500)]
