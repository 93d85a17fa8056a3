"""What stands beneath a hybrid, and with which settings."""

import numpy as np
import pytest

from recommenders.algorithms.bases import Bases
from recommenders.errors import SettingsError
from recommenders.registry import make
from tests.recommenders.data import checkerboard


def test_bases__settings_of_one__are_completed_and_used() -> None:
    bases = Bases.chosen("popularity, item_knn", {"item_knn": {"neighbours": 3}})

    fitted = bases.fit(checkerboard(10), np.random.default_rng(1))

    assert bases.settings["item_knn"]["neighbours"] == 3
    assert fitted.names == ["popularity", "item_knn"]
    restored = bases.restored(fitted.state())
    assert restored.settings == fitted.settings


@pytest.mark.parametrize("name", ["hybrid", "stacking", "nobody"])
def test_bases__hybrid_or_unknown_name__is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=f"unknown base '{name}'") as caught:
        Bases.chosen(f"popularity,{name}", {})

    assert caught.value.field == "settings.bases"
    assert "item_knn" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"lightfm": {}}, "names 'lightfm', which is no base here"),
        ({"item_knn": {"nonsense": 1}}, "item_knn: unknown setting 'nonsense'"),
        ({"item_knn": {"neighbours": 0}}, "item_knn: neighbours must be at least 1"),
        ({"item_knn": 7}, "item_knn: settings must be an object; they are 7"),
    ],
)
@pytest.mark.parametrize("name", ["hybrid", "stacking"])
def test_bases__settings_that_a_base_does_not_take__are_refused_by_name(
    name: str, given: dict[str, object], message: str
) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        make(name, {"bases": "popularity,item_knn", "base_settings": given})

    assert caught.value.field == "settings.base_settings"
