"""Comparing lists by the command: the page's figures, and refusals in words."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from recommenders.models import Comparison
from tests.factories import a_site
from tests.recommenders.comparing.records import records
from tests.recommenders.shop import a_shop

pytestmark = pytest.mark.django_db


def compare(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("compare_lists", *arguments, stdout=out, **options)
    return out.getvalue()


def test_compare__of_what_is_trained__tells_each_list_and_the_time(tmp_path: Path) -> None:
    a_shop("popularity", "random")
    before = records()

    said = compare("shop", k=5, json=tmp_path / "figures.json")

    first, other, last = said.splitlines()
    assert first.startswith("popularity: 95 of 100 lists within ")
    assert "0 by another, 0 empty" in first
    assert "random and popularity share " in other
    assert last.startswith("6 units in ")
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["n_units"] == 6
    assert figures["took_s"] > 0
    assert records() == before
    assert Comparison.objects.get().status == "ready"


def test_compare__where_nobody_was__says_so() -> None:
    a_site()

    said = compare("shop", "r:popularity", "r:random")

    assert said.splitlines()[0] == "popularity: compared for nobody"


@pytest.mark.parametrize(
    ("arguments", "options", "told"),
    [
        (["nowhere"], {}, "there is no site 'nowhere'; there are: shop"),
        (["shop", "r:popularity", "r:nobody"], {}, "nothing called 'nobody'"),
        (["shop", "r:popularity"], {}, "one list alone"),
        (["shop"], {"units": 0}, "units is a whole number from 1 to 1000; it is 0"),
        (["shop"], {"k": 51}, "k is a whole number from 1 to 50; it is 51"),
        (["shop", *"abcdef"], {}, "at most 5 lists"),
    ],
)
def test_compare__of_what_cannot_be__is_refused_in_words(
    arguments: list[str], options: dict[str, Any], told: str
) -> None:
    a_site()

    with pytest.raises(CommandError, match=told):
        compare(*arguments, **options)
