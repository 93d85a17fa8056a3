"""The command import_shop: what is stored, what is said, and the second time."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from experiments.models import Event, Site
from recommenders.models import Item
from tests.factories import a_site

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
SOLD = "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"
BAD = SOLD.replace(",6,", ",six,")
pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("import_shop", *arguments, stdout=out)
    return out.getvalue()


def shop_file(folder: Path, *lines: str) -> str:
    path = folder / "online_retail.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return str(path)


def test_import_shop__new_site__has_currency_zone_events_and_items(tmp_path: Path) -> None:
    out = run("online-retail", shop_file(tmp_path, SOLD, SOLD))

    site = Site.objects.get(slug="online-retail")
    assert (site.currency, site.timezone) == ("GBP", "Europe/London")
    assert Event.objects.filter(site=site, type="purchase", amount=1530).count() == 2
    assert Item.objects.get(site=site).title == "WHITE HEART"
    assert "2 events stored, 0 known before" in out
    assert "1530" not in out
    assert "30.60" in out


def test_import_shop__same_file_again__adds_nothing_and_says_so(tmp_path: Path) -> None:
    path = shop_file(tmp_path, SOLD, SOLD)
    run("online-retail", path)

    out = run("online-retail", path)

    assert Event.objects.count() == 2
    assert "0 events stored, 2 known before" in out
    assert "Nothing new: site online-retail had every event of this source." in out


def test_import_shop__corrected_row__is_left_out_and_said(tmp_path: Path) -> None:
    run("online-retail", shop_file(tmp_path, SOLD, SOLD))

    out = run("online-retail", shop_file(tmp_path, SOLD, SOLD.replace(",6,", ",7,")))

    assert "0 events stored, 1 known before" in out
    assert "1 rows carry ids that other rows of this site have" in out


def test_import_shop__bad_rows__go_to_the_rejects_file(tmp_path: Path) -> None:
    rejects = tmp_path / "out" / "rejects.csv"

    out = run("online-retail", shop_file(tmp_path, BAD, SOLD), "--rejects", str(rejects))

    with rejects.open(newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["file", "line", "reason", "row"],
            ["online_retail.csv", "2", "quantity_invalid", BAD],
        ]
    assert "quantity invalid" in out
    assert Event.objects.count() == 1


def test_import_shop__nothing_rejected__removes_an_old_rejects_file(tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    rejects.write_text("of an earlier import")

    run("online-retail", shop_file(tmp_path, SOLD), "--rejects", str(rejects))

    assert not rejects.exists()


def test_import_shop__json__says_the_same_to_programs(tmp_path: Path) -> None:
    said = json.loads(run("online-retail", shop_file(tmp_path, SOLD, BAD), "--json"))

    assert said["site"] == "online-retail"
    assert said["figures"]["rows"] == 2
    assert said["kinds"] == {"purchase": 1}
    assert said["rejected"] == {"quantity_invalid": 1}
    assert said["events"] == {"stored": 1, "known": 0, "differing": 0, "dropped": 0}
    assert said["items"] == {"received": 1, "created": 1}


def test_import_shop__existing_site__is_used(tmp_path: Path) -> None:
    site = a_site("gifts", currency="GBP")

    run("online-retail", shop_file(tmp_path, SOLD), "--site", "gifts")

    assert Event.objects.get().site == site


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["online-retail", "absent.csv"], "no file or folder"),
        (["native", "{folder}/events.jsonl"], "name its currency"),
        (["native", "{folder}/events.jsonl", "--currency", "euro"], "currency"),
        (
            ["native", "{folder}/events.jsonl", "--currency", "EUR", "--timezone", "Mars"],
            "unknown time zone",
        ),
        (["online-retail", "{folder}/other.csv"], "lacks the columns"),
        (["online-retail", "{folder}/good.csv", "--site", "euros"], "the site counts in EUR"),
    ],
)
def test_import_shop__cannot_work__says_why(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    a_site("euros")
    (tmp_path / "events.jsonl").write_text('{"event_id": "1", "type": "x"}\n')
    (tmp_path / "other.csv").write_text("a,b\n")
    (tmp_path / "good.csv").write_text(f"{HEADER}\n{SOLD}\n")

    with pytest.raises(CommandError, match=message):
        run(*(argument.format(folder=tmp_path) for argument in arguments))
