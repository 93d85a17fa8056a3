"""Settings that an algorithm cannot work with, refused before anything is fitted."""

from typing import Any

import pytest

from recommenders.base import checked_settings
from recommenders.errors import SettingsError
from recommenders.registry import available, make


@pytest.mark.parametrize(
    ("name", "chosen", "field"),
    [
        ("popularity", {"half_life_days": 0}, "half_life_days"),
        ("popularity", {"half_life_days": -3.0}, "half_life_days"),
        ("popularity", {"half_life_days": float("nan")}, "half_life_days"),
        ("popularity", {"half_life_days": True}, "half_life_days"),
        ("popularity", {"half_life_days": "14"}, "half_life_days"),
        ("item_knn", {"neighbours": 0}, "neighbours"),
        ("item_knn", {"neighbours": 2.5}, "neighbours"),
        ("lightfm", {"loss": "hinge"}, "loss"),
        ("lightfm", {"components": 0}, "components"),
        ("lightfm", {"epochs": 0}, "epochs"),
        ("hybrid", {"bases": "popularity,populrity"}, "bases"),
        ("hybrid", {"bases": "hybrid"}, "bases"),
        ("hybrid", {"bases": " , "}, "bases"),
        ("hybrid", {"held_out": 1.0}, "held_out"),
        ("hybrid", {"k": 0}, "k"),
    ],
)
def test_make__unusable_setting__is_refused_by_field(
    name: str, chosen: dict[str, Any], field: str
) -> None:
    if name not in available():
        pytest.skip(f"{name} is not installed")

    with pytest.raises(SettingsError) as caught:
        make(name, chosen)

    assert caught.value.field == f"settings.{field}"


def test_hybrid__unknown_base__is_told_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="unknown base 'populrity'") as caught:
        make("hybrid", {"bases": "populrity"})

    assert "popularity" in (caught.value.hint or "")


def test_checked_settings__nothing_given__is_the_defaults() -> None:
    assert checked_settings({}, {"k": 10, "share": 0.2}) == {"k": 10, "share": 0.2}
