"""`import_catalogue`: mappings, refusals, going on after a kill, and what is no longer there."""

import gzip
import json
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config.importing import resumable
from config.importing.catalogue_rows import CatalogueFile
from config.importing.catalogue_run import Present, import_catalogue
from experiments.models import Site
from recommenders.models import CatalogueVersion, Item
from tests.factories import a_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_site()


def bring(site: Site, *paths: Path, **options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("import_catalogue", *paths, site=site.slug, json=True, stdout=out, **options)
    summary: dict[str, Any] = json.loads(out.getvalue())
    return summary


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def a_file(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_csv__of_our_own_columns__fills_every_field(site: Site, tmp_path: Path) -> None:
    path = a_file(
        tmp_path / "items.csv",
        "item_id,title,category,brand,price,tags,stock,markets,added_at,is_active,url",
        "a,Lamp,Light,Lux,1999,oak|warm,3,DE|AT,2025-01-02T03:04:05Z,true,https://x.example/a",
        ",,,,,,,,,,",
        "b,Rug,,,,,,,,false,",
    )

    done = bring(site, path)

    assert done == {
        "rows": 2, "resumed": 0, "stored": 2, "created": 2, "taken_out": 0, "rejected": {},
    }  # fmt: skip
    lamp, rug = Item.objects.order_by("item_id")
    assert (lamp.title, lamp.category, lamp.brand, lamp.price, lamp.stock) == (
        "Lamp", "Light", "Lux", 1999, 3,
    )  # fmt: skip
    assert (lamp.tags, lamp.markets) == (["oak", "warm"], ["DE", "AT"])
    assert lamp.added_at.isoformat() == "2025-01-02T03:04:05+00:00"
    assert (rug.price, rug.stock, rug.is_active) == (None, None, False)


def test_csv__with_columns_of_its_own__is_mapped_and_prices_turned_to_minor_units(
    site: Site, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv.gz"
    path.write_bytes(
        gzip.compress(b'\xef\xbb\xbfsku;name;preis;;cat\n7; Sofa ;"1.265,5";x;A >> B\n8;Bed;3;;\n')
    )
    columns = ["item_id=sku", "title=name", "price=preis", "category=cat"]

    bring(site, path, map=columns, delimiter=";", decimal=",", major_prices=True)

    rows = Item.objects.order_by("item_id").values_list("item_id", "title", "price", "category")
    assert list(rows) == [("7", "Sofa", 126_550, "A > B"), ("8", "Bed", 300, "")]


def test_jsonl__with_numbers_for_ids__is_taken(site: Site, tmp_path: Path) -> None:
    path = a_file(
        tmp_path / "items.jsonl",
        '{"item_id": 17, "title": "Cup", "price": 12.5, "tags": ["a"], "image_url": ["u1", "u2"]}',
    )

    bring(site, path, major_prices=True)

    row = Item.objects.get()
    assert (row.item_id, row.price, row.tags, row.image_url) == ("17", 1250, ["a"], "u1")


REFUSED = [
    ("b,,5,", "missing_field", "title", None),
    (f"b,{'t' * 501},5,", "invalid_length", "title", "t" * 501),
    ("b,Bad,-5,", "negative_amount", "price", "-5"),
    ("b,Bad,19.99,", "invalid_field", "price", "19.99"),
    ("b,Bad,99999999999999,", "out_of_range", "price", "99999999999999"),
    ("b,Bad,5,lots", "invalid_field", "stock", "lots"),
    (",Bad,5,", "missing_field", "item_id", None),
    ("b,Bad", "columns", "", None),
    ("b,Bad\0,5,", "nul_character", "", None),
]


@pytest.mark.parametrize(("row", "code", "name", "given"), REFUSED)
def test_row__that_is_no_item__is_put_aside_and_its_neighbours_are_stored(
    row: str, code: str, name: str, given: str | None, site: Site, tmp_path: Path
) -> None:
    path = a_file(tmp_path / "items.csv", "item_id,title,price,stock", "a,A,1,", row, "c,C,3,")

    with pytest.raises(CommandError, match="1 rows were refused"):
        bring(site, path, rejects=tmp_path / "bad.jsonl")

    (refused,) = lines_of(tmp_path / "bad.jsonl")
    assert (refused["line"], refused["code"], refused.get("field", "")) == (3, code, name)
    assert refused.get("given") == given
    assert refused["row"] == row
    assert set(Item.objects.values_list("item_id", flat=True)) == {"a", "c"}


PRICES = [
    ("19.99 USD", "currency_mismatch"),
    ("19.999", "invalid_field"),
    ("-1.00 EUR", "negative_amount"),
    ("1,99", "invalid_field"),
    ("free", "invalid_field"),
    ("99999999999999", "out_of_range"),
    ("1e3", "invalid_field"),
]


@pytest.mark.parametrize(("price", "code"), PRICES)
def test_price__that_is_none_in_the_currency__is_refused(
    price: str, code: str, site: Site, tmp_path: Path
) -> None:
    path = a_file(tmp_path / "items.csv", "item_id,title,price", f'a,A,"{price}"', "b,B,2 EUR")

    with pytest.raises(CommandError, match="1 rows"):
        bring(site, path, major_prices=True, rejects=tmp_path / "bad.jsonl")

    (refused,) = lines_of(tmp_path / "bad.jsonl")
    assert (refused["code"], refused["field"], refused["given"]) == (code, "price", price)
    assert Item.objects.get().price == 200


def test_titles__with_formulas_and_markup__are_kept_as_text(site: Site, tmp_path: Path) -> None:
    titles = ["=1+1", '"><script>alert(1)</script>', "@SUM(A1)", "'=quoted"]
    path = tmp_path / "items.jsonl"
    path.write_text(
        "".join(f"{json.dumps({'item_id': str(n), 'title': t})}\n" for n, t in enumerate(titles))
    )

    bring(site, path)

    assert list(Item.objects.order_by("item_id").values_list("title", flat=True)) == titles


def test_import__again__changes_nothing_but_the_number_of_new_ones(
    site: Site, tmp_path: Path
) -> None:
    path = a_file(tmp_path / "items.csv", "item_id,title", "a,A", "b,B")
    bring(site, path)
    before = list(Item.objects.values_list("pk", "item_id", "title", "added_at"))

    done = bring(site, path)

    assert (done["stored"], done["created"]) == (2, 0)
    assert list(Item.objects.values_list("pk", "item_id", "title", "added_at")) == before


def interrupt_after(rows: int) -> Callable[[int], None]:
    done = 0

    def progress(more: int) -> None:
        nonlocal done
        done += more
        if done >= rows:
            raise KeyboardInterrupt

    return progress


def test_import__ended_in_between__goes_on_and_knows_what_it_saw_before(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resumable, "BATCH", 10)
    rows = [f"i-{n},{'' if n == 3 else 'T'}" for n in range(35)]
    path = a_file(tmp_path / "items.csv", "item_id,title", *rows)
    file, rejects, present = CatalogueFile(path, "csv"), tmp_path / "bad.jsonl", Present()
    with pytest.raises(KeyboardInterrupt):
        import_catalogue(
            [file], site=site, rejects=rejects, present=Present(), progress=interrupt_after(20)
        )

    done = import_catalogue([file], site=site, rejects=rejects, present=present)

    assert (done.rows, done.resumed, done.count.received, done.count.created) == (35, 20, 34, 34)
    assert len(lines_of(rejects)) == 1
    assert present.ids == {f"i-{n}" for n in range(35)}


@pytest.fixture
def stocked(site: Site, tmp_path: Path) -> Site:
    bring(site, a_file(tmp_path / "old.csv", "item_id,title", *(f"i-{n},T" for n in range(6))))
    return site


def active(site: Site) -> set[str]:
    return set(Item.objects.filter(site=site, is_active=True).values_list("item_id", flat=True))


def test_replace__takes_out_what_the_file_does_not_hold(stocked: Site, tmp_path: Path) -> None:
    other = a_site("other")
    bring(other, a_file(tmp_path / "other.csv", "item_id,title", "i-0,T"))
    before = CatalogueVersion.objects.get(site=stocked).version
    path = a_file(tmp_path / "new.csv", "item_id,title", *(f"i-{n},T" for n in range(3)), "n,New")

    done = bring(stocked, path, replace=True, yes=True)

    assert done["taken_out"] == 3
    assert active(stocked) == {"i-0", "i-1", "i-2", "n"}
    assert Item.objects.filter(site=stocked).count() == 7
    assert active(other) == {"i-0"}
    assert CatalogueVersion.objects.get(site=stocked).version == before + 2


def test_replace__of_more_than_half__is_refused_unless_forced(
    stocked: Site, tmp_path: Path
) -> None:
    path = a_file(tmp_path / "new.csv", "item_id,title", "i-0,T", "i-1,T", "n-1,N", "n-2,N")

    with pytest.raises(CommandError, match="4 of 6 active items are not in the file"):
        bring(stocked, path, replace=True, yes=True)
    assert len(active(stocked)) == 8

    assert bring(stocked, path, replace=True, yes=True, force=True)["taken_out"] == 4
    assert active(stocked) == {"i-0", "i-1", "n-1", "n-2"}


def test_replace__keeps_items_whose_rows_were_refused(stocked: Site, tmp_path: Path) -> None:
    rows = [f"i-{n},{'' if n == 2 else 'T'}" for n in range(5)]
    path = a_file(tmp_path / "new.csv", "item_id,title", *rows)

    with pytest.raises(CommandError, match="1 rows were refused"):
        bring(stocked, path, replace=True, yes=True)

    assert active(stocked) == {f"i-{n}" for n in range(5)}


def test_replace__with_rows_about_nobody_knows_what__takes_nothing_out(
    stocked: Site, tmp_path: Path
) -> None:
    path = a_file(tmp_path / "new.csv", "item_id,title", *(f"i-{n},T" for n in range(5)), ",T")

    with pytest.raises(CommandError, match="1 refused rows do not tell which item"):
        bring(stocked, path, replace=True, yes=True)

    assert len(active(stocked)) == 6


def a_file_without_two(path: Path) -> Path:
    return a_file(path, "item_id,title", *(f"i-{n},T" for n in range(4)))


def test_replace__that_is_agreed_to__says_how_many_and_does_it(
    stocked: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("yes\n"))
    said = StringIO()

    bring(stocked, a_file_without_two(tmp_path / "new.csv"), replace=True, stderr=said)

    assert "2 items of shop are not in the files" in said.getvalue()
    assert len(active(stocked)) == 4


@pytest.mark.parametrize("answer", ["n\n", "\n", "Y?\n", ""])
def test_replace__that_is_not_agreed_to__imports_and_takes_nothing_out(
    answer: str, stocked: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO(answer))

    with pytest.raises(CommandError, match="nothing was taken out"):
        bring(stocked, a_file_without_two(tmp_path / "new.csv"), replace=True)

    assert len(active(stocked)) == 6


FILES = {
    "absent": (None, "there is no file at"),
    "no form": ("items.doc", "ends in none of"),
    "two names": ("items.csv", "two of one name"),
}


@pytest.mark.parametrize(("name", "reason"), FILES.values(), ids=FILES)
def test_file__that_cannot_be_read__is_told(
    name: str | None, reason: str, site: Site, tmp_path: Path
) -> None:
    path = a_file(tmp_path / name, "a,a", "1,2") if name else tmp_path / "none.csv"

    with pytest.raises(CommandError, match=reason):
        bring(site, path)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"map": ["colour=hue"]}, "items have no field 'colour'; their fields: added_at, brand"),
        ({"map": ["title"]}, "--map takes FIELD=COLUMN"),
        ({"delimiter": "::"}, "--delimiter is one character"),
        ({"site": "nowhere"}, "there is no site 'nowhere'; known: shop"),
    ],
)
def test_options__that_make_no_sense__are_told(
    options: dict[str, Any], reason: str, site: Site, tmp_path: Path
) -> None:
    path = a_file(tmp_path / "items.csv", "item_id,title", "a,A")

    with pytest.raises(CommandError, match=reason):
        call_command("import_catalogue", path, **({"site": "shop"} | options))
