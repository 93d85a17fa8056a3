"""What is known of a unit and an item: the same when learning and when serving."""

import numpy as np
from scipy.sparse import csr_matrix

from recommenders.base import Queries
from recommenders.features.moments import DAY_US
from recommenders.features.pairs import NAMES, Known, pair_columns
from tests.recommenders.features.shop import NOW_US, shop_data

ITEMS = np.arange(4)


def test_pairs__learned_in_bulk_and_served_one_by_one__have_equal_features() -> None:
    known = Known.of(shop_data())
    units = np.array([0, 1, 2, -1])
    at_us = NOW_US + np.array([0, 1, 2, 3]) * DAY_US // 5
    row, item = np.repeat(np.arange(4), 4), np.tile(ITEMS, 4)

    learned = pair_columns(known, Queries(units), at_us, row=row, item=item)

    stored = Known.from_state({name: array.copy() for name, array in known.state().items()})
    for place, unit in enumerate(units):
        served = pair_columns(
            stored,
            Queries(np.array([unit]), at_us=int(at_us[place])),
            at_us[[place]],
            row=np.zeros(4, np.int64),
            item=ITEMS,
        )
        np.testing.assert_array_equal(served, learned[row == place])


def test_pairs__what_a_unit_touched__is_told_with_its_affinities() -> None:
    columns = pair_columns(
        Known.of(shop_data()),
        Queries(np.array([0])),
        np.array([NOW_US]),
        row=np.zeros(4, np.int64),
        item=ITEMS,
    )
    named = dict(zip(NAMES, columns.T, strict=True))

    np.testing.assert_allclose(named["touched"], np.log1p([6, 1, 0, 0]), rtol=1e-6)
    np.testing.assert_allclose(named["category_affinity"], [6 / 7, 1 / 7, 1 / 7, np.nan], rtol=1e-6)
    assert np.isnan(named["tier_affinity"]).tolist() == [False, False, False, True]


def test_pairs__acts_since_training__count_as_history() -> None:
    recent = csr_matrix(np.array([[0, 0, 2, 0]], np.float32))
    stranger = Queries(np.array([-1]), recent=recent)

    columns = pair_columns(
        Known.of(shop_data()), stranger, np.array([NOW_US]), row=np.zeros(4, np.int64), item=ITEMS
    )

    assert columns[:, NAMES.index("touched")].tolist() == [0, 0, np.float32(np.log(3)), 0]
    assert columns[0, NAMES.index("recency_days")] == 0
    np.testing.assert_array_equal(columns[:3, NAMES.index("category_affinity")], [0, 1, 1])


def test_pairs__none__are_a_table_without_rows() -> None:
    nothing = np.zeros(0, np.int64)

    columns = pair_columns(
        Known.of(shop_data()), Queries(nothing), nothing, row=nothing, item=nothing
    )

    assert columns.shape == (0, len(NAMES))
