"""The command `evaluate`: data in files and of sites, tables, files, refusals."""

import csv
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config.evaluation.movielens import PUBLISHED
from recommenders.evaluation.reference import SEED
from recommenders.models import Recommender
from tests.factories import a_site
from tests.recommenders.registry.tastes import shop_of_tastes

SHARED = Path(__file__).parents[4] / "shared" / "data"
DAY_MS = 86_400_000
FEW = {"algorithm": ["random"], "window_days": 5}


def _retailrocket(folder: Path) -> Path:
    """Write a month of a shop of two tastes, and a stranger at its end."""
    lines = ["timestamp,visitorid,event,itemid,transactionid"]
    lines += [
        f"{1_430_000_000_000 + day * DAY_MS},{visitor},view,{100 + item},"
        for day in range(30)
        for visitor in range(12)
        for item in [(2 * (visitor * 3 + day) + visitor % 2) % 60]
    ]
    lines += [f"{1_430_000_000_000 + 28 * DAY_MS + n},777,view,{104 + n}," for n in range(3)]
    (folder / "events.csv").write_text("\n".join(lines) + "\n")
    return folder


def _online_retail(folder: Path) -> Path:
    """Write baskets of two Germans and a Briton, month after month."""
    lines = ["InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"]
    lines += [
        f"{5000 + day},{item},LAMP {item},1,2011-01-{day:02d} 10:00:00,2.50,{buyer}.0,{country}"
        for day in range(1, 29)
        for buyer, country in [(17, "Germany"), (18, "Germany"), (19, "United Kingdom")]
        for item in [f"1000{(day * 7 + buyer) % 9}"]
    ]
    (folder / "online_retail.csv").write_text("\n".join(lines) + "\n")
    return folder


def _movielens(folder: Path, *, users: int = 8, films: int = 12) -> Path:
    flags = "|".join("1" if place == 1 else "0" for place in range(19))
    ratings = [
        f"{user}\t{film}\t4\t88125{film:04d}"
        for user in range(1, users + 1)
        for film in range(1, films + 1)
        if film == films or (user + film) % 2
    ]
    (folder / "u.data").write_text("\n".join(ratings) + "\n")
    described = [f"{film}|Film {film}|||http://x|{flags}" for film in range(1, films + 1)]
    (folder / "u.item").write_text("\n".join(described) + "\n", encoding="latin-1")
    (folder / "u.user").write_text("1|49|M|writer|55105\n")
    return folder


def evaluate(**options: Any) -> str:
    """Return what the command prints."""
    out = StringIO()
    call_command("evaluate", stdout=out, **options)
    return out.getvalue()


def test_retailrocket__two_tastes__prints_groups_apart_and_popularity_first(tmp_path: Path) -> None:
    printed = evaluate(retailrocket=_retailrocket(tmp_path), algorithm=["item_knn"], window_days=5)

    for title in ("Everybody: hot", "Hot: 5 different", "Cold: nothing", "Arrived: those"):
        assert title in printed
    assert printed.index("popularity") < printed.index("item_knn")
    assert "12 hot, 1 cold, 1 arrived" in printed


def test_online_retail__baskets__are_judged_with_their_countries_as_segments(
    tmp_path: Path,
) -> None:
    where = tmp_path / "results.json"

    evaluate(
        online_retail=_online_retail(tmp_path),
        algorithm=["segment_popularity"],
        keep_seen=True,
        wanted="purchase",
        json=where,
    )

    results = json.loads(where.read_text())
    assert [run["error"] for run in results["runs"]] == ["", ""]
    assert results["facts"]["units"] == [3]
    assert results["facts"]["seen_removed"] is False


def test_files__of_a_run__agree_with_each_other(tmp_path: Path) -> None:
    paths = {name: tmp_path / f"out.{name}" for name in ("json", "csv", "markdown")}

    evaluate(retailrocket=_retailrocket(tmp_path), **FEW, **paths)

    results = json.loads(paths["json"].read_text())
    with paths["csv"].open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    told = {(line["group"], line["recommender"], line["metric"]): line["value"] for line in lines}
    for row in results["rows"]:
        value = row["figures"]["recall"]["value"]
        assert float(told[row["group"], row["name"], "recall"]) == value
        assert f"{value:.4f}" in paths["markdown"].read_text()


def test_run__again__gives_the_same_rows(tmp_path: Path) -> None:
    folder, rows = _retailrocket(tmp_path), []
    for number in range(2):
        path = tmp_path / f"{number}.json"
        evaluate(retailrocket=folder, json=path, **FEW)
        rows.append(json.loads(path.read_text())["rows"])

    assert rows[0] == rows[1]


def test_settings__overridden__reach_the_algorithm_of_their_name(tmp_path: Path) -> None:
    path = tmp_path / "results.json"

    evaluate(
        retailrocket=_retailrocket(tmp_path),
        algorithm=["item_knn"],
        also=["near=item_knn"],
        set=["near.neighbours=3", "near.measure=jaccard"],
        json=path,
    )

    settings = {run["name"]: run["settings"] for run in json.loads(path.read_text())["runs"]}
    assert (settings["near"]["neighbours"], settings["near"]["measure"]) == (3, "jaccard")
    assert settings["item_knn"]["neighbours"] != 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"algorithm": ["nonsense"]}, "unknown recommender 'nonsense'"),
        ({"set": ["nonsense.k=1"]}, "names 'nonsense', which takes no part"),
        ({"set": ["random"]}, "NAME.SETTING=VALUE"),
        ({"also": ["x"]}, "NAME=ALGORITHM"),
        ({"algorithm": ["item_knn"], "set": ["item_knn.near=1"]}, "unknown setting 'near'"),
        ({"algorithm": ["random"], "folds": 20, "window_days": 300}, "nothing happened"),
        ({"algorithm": ["random"], "also": ["random=random"]}, "two recommenders"),
        ({"algorithm": ["random"], "json": Path("/nowhere/x.json")}, "/nowhere/x.json"),
    ],
)
def test_nonsense__in_options__is_refused_with_what_was_wrong(
    tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(CommandError, match=re.escape(said)):
        evaluate(retailrocket=_retailrocket(tmp_path), **options)


def test_data__folder_without_files__is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no events\.csv"):
        evaluate(retailrocket=tmp_path)


@pytest.mark.django_db
def test_site__own_recommenders__are_judged_on_its_own_events(tmp_path: Path) -> None:
    site = shop_of_tastes()
    Recommender.objects.create(site=site, key="mine", algorithm="item_knn")

    printed = evaluate(site="shop", recommender=["mine"], split="random")

    assert "mine leads with NDCG" in printed


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"site": "nowhere"}, "there is no site 'nowhere'; known: shop"),
        ({"site": "shop", "recommender": ["nobody"]}, "unknown recommender 'nobody'"),
        ({"site": "shop", "algorithm": ["random"]}, "there are no items to judge by"),
    ],
)
def test_site__what_cannot_be_judged__is_refused(options: dict[str, Any], said: str) -> None:
    a_site()

    with pytest.raises(CommandError, match=said):
        evaluate(**options)


def test_docs__two_data_sets_and_one_again__keep_a_part_each(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    rocket, retail = _retailrocket(tmp_path / "one"), _online_retail(tmp_path / "two")

    evaluate(retailrocket=rocket, docs=page, **FEW)
    evaluate(online_retail=retail, docs=page, algorithm=["random"], keep_seen=True)
    before = page.read_text()
    evaluate(retailrocket=rocket, docs=page, seed=3, **FEW)

    text = page.read_text()
    assert text.count("## RetailRocket") == text.count("## Online Retail") == 1
    assert text.split("<!-- online_retail -->")[1] == before.split("<!-- online_retail -->")[1]
    assert "evaluate --retailrocket one --algorithm random --window-days 5 --seed 3`" in text
    assert "evaluate --online-retail two --algorithm random --keep-seen`" in text


def test_movielens__other_data__is_astray_and_says_where(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"Astray: popularity, .*EASE 300"):
        evaluate(movielens=_movielens(tmp_path))


@pytest.mark.parametrize(
    ("ratings", "said"),
    [("", "no rating"), ("a\tb\t1\t1\n", "this is no rating"), ("1\t99\t3\t1\n", "described")],
)
def test_movielens__broken_ratings__are_refused(tmp_path: Path, ratings: str, said: str) -> None:
    (_movielens(tmp_path) / "u.data").write_text(ratings)

    with pytest.raises(CommandError, match=said):
        evaluate(movielens=tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(
    not (SHARED / "ml-100k").exists(), reason="MovieLens 100K is not beside the project"
)
def test_movielens__real__reaches_every_published_figure(tmp_path: Path) -> None:
    path = tmp_path / "results.json"

    printed = evaluate(movielens=SHARED / "ml-100k", json=path)

    results = json.loads(path.read_text())
    assert results["seed"] == SEED
    assert f"of {len(PUBLISHED)} recommenders lie within" in printed
    ease = next(row for row in results["rows"] if row["name"] == "EASE 300")
    figures = {key: figure["value"] for key, figure in ease["figures"].items()}
    # Not asked for by the tolerance, but the reference run has them as well.
    assert figures["recall"] == pytest.approx(0.2309, abs=0.005)
    assert figures["map_relevant"] == pytest.approx(0.1534, abs=0.005)
    assert figures["map_min"] == pytest.approx(0.3440, abs=0.005)
    assert figures["gini"] == pytest.approx(0.934, abs=0.005)
    assert figures["novelty"] == pytest.approx(2.11, abs=0.02)
