"""Lists side by side: whoever is asked about, whatever is broken, nothing is recorded."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from experiments.models import Placement, Site
from recommenders import state
from recommenders.comparing.sample import Question, request_comparison
from recommenders.models import Artifact, Comparison, Item
from recommenders.tasks import compare_lists
from tests.factories import draft_experiment, member
from tests.recommenders.comparing.records import records
from tests.recommenders.shop import DAMAGES, a_shop, sell_out

pytestmark = pytest.mark.django_db

HOSTILE = '"><script>alert(1)</script>'
BOTH = "column=r:popularity&column=r:random"


@pytest.fixture
def shop() -> tuple[Site, dict[str, Artifact]]:
    return a_shop("popularity", "random")


@pytest.fixture
def site(shop: tuple[Site, dict[str, Artifact]]) -> Site:
    return shop[0]


@pytest.fixture
def ada(site: Site) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ada", "", "x"))
    return client


def look(client: Client, query: str = "", *, status: int = 200) -> Any:
    answer = client.get(f"/recommenders/compare/shop/?{query}")
    assert answer.status_code == status, answer.content[-2000:]
    return answer


def columns_of(answer: Any) -> list[Any]:
    return list(answer.context["columns"])


WHO = ["who=unit&value=v-1", "who=unit&value=nobody-yet", "who=history&value=sku-3,sku-4", "",
       "who=heavy", "who=new", "who=light&draw=3"]  # fmt: skip


@pytest.mark.parametrize("who", WHO)
def test_page__for_any_shopper__shows_a_list_by_each_and_records_nothing(
    who: str, site: Site, ada: Client
) -> None:
    before = records()

    answer = look(ada, f"{who}&{BOTH}&k=5")

    first, other = columns_of(answer)
    assert [len(each.lines) for each in (first, other)] == [5, 5]
    assert (first.label, other.label, first.problem) == ("popularity", "random", "")
    assert first.lines[0].title in answer.content.decode()
    assert {line.change.kind for line in first.lines} == {""}
    assert {line.change.kind for line in other.lines} <= {"up", "down", "same", "new"}
    assert other.versus.endswith(f"rank-biased {other.likeness.rank_biased:.2f}")
    assert records() == before


def test_page__of_the_same_list_twice__is_alike(site: Site, ada: Client, shop: Any) -> None:
    version = shop[1]["popularity"].full_name

    first, other = columns_of(
        look(ada, f"who=unit&value=v-1&k=5&column=r:popularity&column=a:{version}")
    )

    assert (other.likeness.shared, other.likeness.rank_biased) == (5, 1.0)
    assert {line.change.kind for line in other.lines} == {"same"}
    assert [line.item_id for line in first.lines] == [line.item_id for line in other.lines]


def test_page__with_a_base__puts_it_first(site: Site, ada: Client) -> None:
    found = columns_of(look(ada, f"who=unit&value=v-1&{BOTH}&base=r:random"))

    assert [each.label for each in found] == ["random", "popularity"]


def test_page__unasked__compares_what_is_trained(site: Site, ada: Client) -> None:
    assert [each.label for each in columns_of(look(ada))] == ["popularity", "random"]


def test_page__of_variants__takes_their_parameters(site: Site, ada: Client) -> None:
    draft_experiment(site, "home-test")
    keys = ("control", "treatment")

    found = columns_of(
        look(ada, "who=unit&value=v-1&" + "&".join(f"column=v:home-test:{key}" for key in keys))
    )

    assert [each.problem for each in found] == ["", ""]
    assert [each.artifact.partition("@")[0] for each in found] == ["popularity", "random"]


def test_page__in_a_placement__is_served_there(site: Site, ada: Client) -> None:
    key = Placement.objects.filter(site=site).values_list("key", flat=True)[0]

    answer = look(ada, f"who=unit&value=v-1&{BOTH}&placement={key}")

    assert answer.context["asked"].placement.key == key


@pytest.mark.parametrize("damage", DAMAGES)
def test_column__that_is_broken__says_what_is_wrong_and_takes_nothing_from_the_other(
    damage: str, shop: Any, ada: Client
) -> None:
    break_it: Callable[[Artifact], object] = DAMAGES[damage][0]
    break_it(shop[1]["random"])
    state.watched.reset()

    first, broken = columns_of(look(ada, f"who=unit&value=v-1&{BOTH}&k=5"))

    assert (first.problem, len(first.lines)) == ("", 5)
    assert broken.problem
    assert broken.stand_in.startswith("popularity@")
    assert len(broken.lines) == 5


@pytest.mark.parametrize("token", ["r:none", "a:random@2020-01-01.1", "v:x:y", "zzz", HOSTILE])
def test_column__that_there_is_not__says_so_beside_the_others(
    token: str, site: Site, ada: Client
) -> None:
    first, absent = columns_of(
        ada.get(
            "/recommenders/compare/shop/",
            {"who": "unit", "value": "v-1", "column": ["r:popularity", token]},
        )
    )

    assert (first.problem, len(first.lines)) == ("", 10)
    assert absent.problem.startswith("this site has nothing called")
    assert absent.lines == ()


def test_column__untrained__says_so(site: Site, ada: Client) -> None:
    site.recommenders.filter(key="random").update(champion=None)
    state.watched.reset()

    _first, untrained = columns_of(look(ada, f"who=unit&value=v-1&{BOTH}"))

    assert untrained.problem == "random has not been trained"


def test_page__of_hostile_texts__escapes_them(shop: Any, ada: Client) -> None:
    site = shop[0]
    Item.objects.filter(site=site).update(
        title=HOSTILE, image_url=f"javascript:{HOSTILE}", category=HOSTILE
    )

    answer = ada.get(
        "/recommenders/compare/shop/",
        {"who": "unit", "value": HOSTILE, "column": ["r:popularity", f"r:{HOSTILE}"]},
    )

    text = answer.content.decode()
    assert "<script>alert" not in text
    assert "javascript:" not in text
    assert "&quot;&gt;&lt;script&gt;" in text


def test_pictures__of_the_shop__are_shown_and_allowed(site: Site, ada: Client) -> None:
    Item.objects.filter(site=site).update(image_url="https://img.example/1.png")

    answer = look(ada, f"who=unit&value=v-1&{BOTH}")

    assert '<img src="https://img.example/1.png" alt=""' in answer.content.decode()
    assert "img-src 'self' data: https: http:" in answer.headers["Content-Security-Policy"]


def test_stock__of_this_moment__is_marked(site: Site, ada: Client) -> None:
    look(ada, f"who=unit&value=v-1&{BOTH}")  # the shelf is in memory now
    Item.objects.filter(site=site, item_id="sku-0").update(stock=0)
    Item.objects.filter(site=site, item_id="sku-1").update(stock=2)

    lines = columns_of(look(ada, "who=unit&value=new&column=r:popularity"))[0].lines

    stock = {line.item_id: (line.stock, line.is_out) for line in lines}
    assert stock["sku-1"] == ("2 left", False)
    assert stock["sku-0"] == ("out of stock", True)
    sell_out(site, "sku-0")
    state.watched.reset()
    after = columns_of(look(ada, "who=unit&value=new&column=r:popularity"))[0].lines
    assert "sku-0" not in {line.item_id for line in after}


NONSENSE = [
    ("k=0", "k is a whole number from 1 to 50"),
    ("k=9999999999999", "k is a whole number"),
    ("k=x", "k is a whole number"),
    ("draw=-1", "draw is a whole number"),
    ("who=martian", "There is no kind of shopper"),
    ("who=unit", "Write the visitor"),
    ("who=history&value=+", "Write the visitor"),
    (f"who=unit&value={'v' * 300}", "An id has at most 256 characters"),
    ("placement=moon", "This site has no placement"),
    ("placement=%00", "This site has no placement"),
    ("&".join(f"column=r:{n}" for n in range(9)), "At most 5 lists"),
]


@pytest.mark.parametrize(("query", "said"), NONSENSE)
def test_page__asked_nonsense__says_what_was_wrong(
    query: str, said: str, site: Site, ada: Client
) -> None:
    answer = look(ada, query, status=400)

    assert said in answer.content.decode()


@pytest.mark.parametrize("query", ["who=unit&value=%00", "who=history&value=%00", "column=%00"])
def test_page__asked_with_nul__answers(query: str, site: Site, ada: Client) -> None:
    look(ada, query)


def test_page__of_a_site_without_anything__says_so(ada: Client) -> None:
    from tests.factories import a_site

    a_site("bare")

    answer = ada.get("/recommenders/compare/bare/")

    assert answer.status_code == 200
    assert "There is no shopper of this kind" in answer.content.decode()


def test_link__to_a_persona__keeps_the_very_unit(site: Site, ada: Client) -> None:
    answer = look(ada, f"who=heavy&{BOTH}&k=5")
    query = answer.context["query"]

    again = look(ada, query)

    assert "who=unit" in query
    assert answer.context["shopper"].unit == again.context["shopper"].unit == "v-5"
    lists = [
        [[line.item_id for line in each.lines] for each in columns_of(page)]
        for page in (answer, again)
    ]
    assert lists[0] == lists[1]


def test_page__of_more_columns_and_items__takes_as_many_queries(site: Site, ada: Client) -> None:
    look(ada, f"who=unit&value=v-1&{BOTH}&k=5")

    counts = []
    for query in (f"{BOTH}&k=2", f"{BOTH}&k=12"):
        with CaptureQueriesContext(connection) as asked:
            look(ada, f"who=unit&value=v-1&{query}")
        counts.append(len(asked))

    assert counts[0] == counts[1] < 25


def test_export__as_csv__is_safe_in_a_spreadsheet_and_has_every_line(
    site: Site, ada: Client
) -> None:
    Item.objects.filter(site=site).update(title="=1+1")

    answer = ada.get(f"/recommenders/compare/shop/lists.csv?who=unit&value=v-1&{BOTH}&k=4")

    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == 8
    assert {row["title"] for row in rows} == {"'=1+1"}
    assert [row["rank"] for row in rows] == [*"12341234"]
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_export__as_json__has_the_numbers_of_the_page(site: Site, ada: Client) -> None:
    query = f"who=unit&value=v-1&{BOTH}&column=r:none&k=4"
    page = columns_of(look(ada, query))

    found = ada.get(f"/recommenders/compare/shop/lists.json?{query}").json()

    assert [each["label"] for each in found["columns"]] == ["popularity", "random", "none"]
    assert found["columns"][1]["shared_with_first"] == page[1].likeness.shared
    assert found["columns"][2]["items"] == []
    assert "nothing called" in found["columns"][2]["problem"]


def test_export__of_a_viewer__is_refused_and_the_page_is_not(site: Site) -> None:
    client = Client()
    client.force_login(member(site, "viewer"))

    assert client.get("/recommenders/compare/shop/").status_code == 200
    for name in ("lists.csv", "lists.json"):
        assert client.get(f"/recommenders/compare/shop/{name}").status_code == 403
    assert client.post("/recommenders/compare/shop/sample/").status_code == 403


def ask_for_sample(client: Client) -> Any:
    form = {"who": "unit", "value": "v-1", "k": "5", "column": ["r:popularity", "r:random"]}
    return client.post("/recommenders/compare/shop/sample/", form, follow=True)


def test_sample__asked_for__waits_shows_progress_then_figures(site: Site, ada: Client) -> None:
    waiting = ask_for_sample(ada)
    row = Comparison.objects.get()
    assert waiting.context["sample"].state == "waiting"
    assert "data-pending" in waiting.content.decode()

    compare_lists(row.pk)

    answer = look(ada, f"who=unit&value=v-1&{BOTH}&k=5")
    found = answer.context["sample"]
    assert (found.state, found.done) == ("ready", 6)
    assert found.rows[0].name == "Shared with popularity, of 5"
    [histogram] = found.histograms
    assert sum(row["overlaps"][n] for row in _columns()[1:] for n in range(6)) == 6
    assert histogram.said.startswith("Items of 5 shared with popularity")
    assert 'role="img" aria-label="Items of 5 shared' in answer.content.decode()
    assert "nan" not in answer.content.decode().lower().replace("ribonanza", "")


def _columns() -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = Comparison.objects.get().figures["columns"]
    return columns


def test_sample__of_other_lists__is_not_shown(site: Site, ada: Client) -> None:
    row = request_comparison(site=site, question=Question(("r:popularity", "r:random"), 7))
    compare_lists(row.pk)

    assert look(ada, f"who=unit&value=v-1&{BOTH}&k=5").context["sample"] is None
    assert look(ada, f"who=unit&value=v-1&{BOTH}&k=7").context["sample"].pk == row.pk


def test_sample__of_nearly_the_same_lists__says_that_a_test_can_show_little(
    site: Site, ada: Client, shop: Any
) -> None:
    version = shop[1]["popularity"].full_name
    tokens = ("r:popularity", f"a:{version}")
    row = request_comparison(site=site, question=Question(tokens, 5))
    compare_lists(row.pk)

    answer = look(ada, f"who=unit&value=v-1&k=5&column=r:popularity&column=a:{version}")

    assert "100 % of their items: an experiment can hardly show a difference" in (
        answer.content.decode()
    )


@pytest.mark.parametrize(
    ("status", "age_minutes", "state_name", "said"),
    [
        ("failed", 0, "failed", "The comparison failed"),
        ("running", 5, "stopped", "It stopped after 3 of 6"),
        ("running", 0, "waiting", "3 of 6 shoppers done"),
    ],
)
def test_sample__not_ready__says_which_way(
    status: str, age_minutes: int, state_name: str, said: str, site: Site, ada: Client
) -> None:
    from datetime import timedelta

    from django.utils import timezone

    row = request_comparison(site=site, question=Question(("r:popularity", "r:random"), 5))
    Comparison.objects.filter(pk=row.pk).update(
        status=status,
        n_done=3,
        n_units=6,
        error=HOSTILE,
        seen_at=timezone.now() - timedelta(minutes=age_minutes),
    )

    answer = look(ada, f"who=unit&value=v-1&{BOTH}&k=5")

    assert answer.context["sample"].state == state_name
    assert said in answer.content.decode()
    assert "<script>alert" not in answer.content.decode()


def test_sample__asked_for_twice__says_that_one_is_under_way(site: Site, ada: Client) -> None:
    ask_for_sample(ada)

    answer = ask_for_sample(ada)

    assert "another comparison is under way" in answer.content.decode()
    assert Comparison.objects.count() == 1


def test_files__of_the_shop__stay_as_they_were(site: Site, ada: Client) -> None:
    def files() -> set[Path]:
        return set(Path(settings.DATA_DIR).rglob("spool/*"))

    before = files()
    look(ada, f"who=unit&value=v-1&{BOTH}")

    assert files() == before
