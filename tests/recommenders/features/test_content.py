"""TF-IDF over the texts of items."""

import numpy as np

from recommenders.features.catalogue import ItemFeatures
from recommenders.features.content import MAX_TERMS, content_matrix

SHOES = [
    ItemFeatures("a", "shoes", "acme", 900, "Red running shoe"),
    ItemFeatures("b", "shoes", "acme", 950, "Blue running shoe"),
    ItemFeatures("c", "hats", "felt", 100, "Blue hat", tags=("summer",)),
    ItemFeatures("d", "hats", "", None, "Straw hat", "For a long summer", tags=("summer",)),
    ItemFeatures("e"),
]


def _likeness(items: list[ItemFeatures]) -> np.ndarray:
    content = content_matrix(items)
    return (content @ content.T).toarray()


def test_content__described_item__has_length_one_and_an_empty_one_none() -> None:
    np.testing.assert_allclose(np.diag(_likeness(SHOES)), [1, 1, 1, 1, 0], atol=1e-6)


def test_content__items_of_a_kind__are_likest() -> None:
    likeness = _likeness(SHOES) - np.eye(5)

    assert likeness.argmax(axis=1)[:4].tolist() == [1, 0, 3, 2]
    assert likeness[0, 3] == 0


def test_content__rare_word__says_more_than_a_common_one() -> None:
    items = [ItemFeatures(f"i{n}", title="lamp") for n in range(20)]
    items += [ItemFeatures("x", title="lamp brass"), ItemFeatures("y", title="lamp brass")]

    content = content_matrix(items).toarray()

    assert content.shape == (22, 2)
    assert content[20].max() > 2 * content[20].min()


def test_content__term_weight__is_the_published_formula() -> None:
    items = [ItemFeatures("a", title="oak oak elm"), ItemFeatures("b", title="oak elm")]
    items += [ItemFeatures("c", title="oak")]
    expected = np.array([(1 + np.log(2)) * (1 + np.log(4 / 4)), 1 + np.log(4 / 3)])

    found = content_matrix(items).toarray()[0]

    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), rtol=1e-6)


def test_content__long_description__keeps_the_terms_that_weigh_most() -> None:
    words = " ".join(f"word{n}" for n in range(100))
    items = [ItemFeatures("a", title="key", description=words + " key"), ItemFeatures("b", "", "")]
    items += [ItemFeatures("c", title="key", description=words)]

    content = content_matrix(items)

    assert np.diff(content.indptr).tolist() == [MAX_TERMS, 0, MAX_TERMS]
    assert content[0].toarray().max() == content[0, 0]


def test_content__no_items_or_no_words__is_empty() -> None:
    assert content_matrix([]).shape == (0, 0)
    assert content_matrix([ItemFeatures("a"), ItemFeatures("b")]).nnz == 0
