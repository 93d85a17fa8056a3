"""A replay against the real endpoints: history copied, served again, in the report."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from analytics.services import compute_analysis, request_analysis
from config.driving import stages
from config.replay import starting
from config.replay.drive import MAX_BATCH, Course, drive
from config.replay.history import copy_of, deeds_of, moment_of, site_named
from config.replay.visits import Visit, group_visits
from experiments.drain import drain_once
from experiments.errors import InvalidInput, NotFound
from experiments.intake import recorder
from experiments.intake.importing import EventRecord, import_events
from experiments.models import Event, Exposure, Site, Slate
from recommenders.catalogue import ItemRecord, upsert_items
from recommenders.models import Item
from tests.factories import a_site, trained

DAY = "2011-10-01"
START = datetime(2011, 9, 30, 23, 0, tzinfo=UTC)  # midnight in London, in summer
COURSE = Course(placement="home", k=3, click="purchase", currency="GBP")
pytestmark = pytest.mark.django_db


class InProcess:
    """Posts to the endpoints of this process, and keeps what was sent."""

    def __init__(self, secret: str) -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {secret}"}
        self.sent: list[tuple[str, Any]] = []

    def post(self, path: str, body: Any) -> Any:
        self.sent.append((path, body))
        response = self.client.post(
            path, body, content_type="application/json", headers=self.headers
        )
        assert response.status_code < 300, response.content
        return response.json()


def sale(number: int, at: datetime, item: str, **fields: Any) -> EventRecord:
    values = {
        "type": "purchase",
        "visitor_id": f"v-{number % 8}",
        "order_id": f"o-{number}",
        "items": ((item, 1, 200),),
        "amount": 200,
        **fields,
    }
    return EventRecord(event_id=UUID(int=number), occurred_at=at, **values)


def a_shop_with_history() -> Site:
    site = a_site("gifts", currency="GBP", timezone_name="Europe/London")
    upsert_items(
        site=site,
        items=[
            ItemRecord(f"sku-{n}", f"Item {n}", price=200, tags=("x",), is_active=n != 9)
            for n in range(10)
        ],
    )
    past = [sale(n, START - timedelta(days=20 - n // 10), f"sku-{n % 4}") for n in range(1, 101)]
    later = [sale(n, START + timedelta(hours=n), f"sku-{n % 6}") for n in range(101, 141)]
    refund = {"type": "refund", "visitor_id": "v-5", "order_id": ""}
    returned = sale(141, START + timedelta(days=8), "sku-1", **refund)
    counted = sale(
        142, START, "", type="stock_adjustment", visitor_id="", items=(), amount=None, order_id=""
    )
    import_events(site=site, events=[*past, *later, returned, counted])
    return site


def later_visits(site: Site) -> tuple[Visit, ...]:
    return group_visits(deeds_of(site, start=START, until=None)).visits


def apply_everything() -> None:
    recorder.buffer.flush()
    while drain_once().batches:
        pass


def test_moment_of__day__begins_in_the_zone_of_the_site() -> None:
    site = a_site("gifts", timezone_name="Europe/London")

    assert moment_of(DAY, site) == START
    with pytest.raises(InvalidInput, match="not a day"):
        moment_of("soon", site)


def test_site_named__unknown__names_those_that_exist() -> None:
    a_site("gifts")

    with pytest.raises(NotFound) as refused:
        site_named("toys")

    assert refused.value.hint == "Known here: gifts."


def test_copy_of__site__has_all_items_and_only_earlier_events() -> None:
    source = a_shop_with_history()

    site, copied = copy_of(source, before=START, day=DAY)

    assert (site.slug, site.currency, site.timezone) == (
        "gifts-replay-2011-10-01", "GBP", "Europe/London"
    )  # fmt: skip
    assert site.is_simulated
    assert site.is_replay
    assert copied == Event.objects.filter(site=site).count() == 100
    assert Item.objects.get(site=site, item_id="sku-9").is_active is False
    assert Item.objects.get(site=site, item_id="sku-1").tags == ["x"]
    original = Event.objects.filter(site=source, event_id=UUID(int=7)).values().get()
    twin = Event.objects.filter(site=site, event_id=UUID(int=7)).values().get()
    assert {**original, "id": 0, "site_id": 0} == {**twin, "id": 0, "site_id": 0}


def test_copy_of__second_replay_of_a_day__leaves_the_first_alone() -> None:
    source = a_shop_with_history()
    first, _copied = copy_of(source, before=START, day=DAY)

    second, _copied = copy_of(source, before=START, day=DAY)

    assert second.slug == "gifts-replay-2011-10-01-2"
    assert Event.objects.filter(site=first).count() == 100


def test_deeds_of__period__is_half_open_and_in_time_order() -> None:
    site = a_shop_with_history()

    deeds = list(deeds_of(site, start=START, until=START + timedelta(hours=110)))

    assert [deed.event_id.int for deed in deeds] == [142, *range(101, 110)]
    assert deeds[1].items == [{"item_id": "sku-5", "quantity": 1, "price": 200}]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["popularity", "magic"], "cannot run here: magic"),
        (["popularity"], "two or more"),
        (["popularity", "popularity"], "two or more"),
    ],
)
def test_known_recommenders__cannot_be_compared__says_why(keys: list[str], message: str) -> None:
    site = a_site("gifts")

    with pytest.raises(InvalidInput, match=message):
        stages.known_recommenders(site, keys)


def test_replay__later_period__ends_in_the_report_with_real_prices() -> None:
    source = a_shop_with_history()
    visits = later_visits(source)
    site, _copied = copy_of(source, before=START, day=DAY)
    # SQLite in memory refuses at once what a second thread writes.
    Site.objects.filter(pk=site.pk).update(exposure_mode="durable")
    trained(site, "popularity", "random")
    experiment = starting.start(site, ["popularity", "random"], placement="home", days=8)
    shop = InProcess(stages.api_key(site, "replay"))

    tally = drive(shop, visits, COURSE, workers=1)
    apply_everything()

    assert (tally.visits, tally.lists, tally.wanted) == (41, 40, 40)
    assert tally.rejected == {}
    assert tally.sent == {"purchase": 40, "refund": 1, "select_item": tally.hits}
    assert 0 < tally.hits < 40
    assert Slate.objects.filter(site=site).count() == 40
    assert Slate.objects.filter(site=site, clicked=1).count() == tally.lists_with_a_hit
    assert Exposure.objects.filter(experiment=experiment).count() == 8
    quoting = Event.objects.filter(site=site, type="purchase", request_id__isnull=False)
    assert quoting.count() == tally.hits
    assert Event.objects.filter(site=site, type="purchase").count() == 140
    row = Event.objects.get(site=site, event_id=UUID(int=120))
    assert (row.amount, row.order_id, row.occurred_at) == (
        200, "o-120", START + timedelta(hours=120)
    )  # fmt: skip
    analysis = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert analysis is not None
    assert analysis.results is not None
    revenue = next(m for m in analysis.results["metrics"] if m["key"] == "revenue_per_unit")
    assert sum(value["numerator"] for value in revenue["values"].values()) == 40 * 200 - 200


def test_drive__large_order__is_sent_in_parts_that_the_interface_takes() -> None:
    source = a_site("gifts", currency="GBP")
    rows = [sale(n, START, "sku-1", visitor_id="v-1", order_id="o-1") for n in range(1, 1_200)]
    import_events(site=source, events=rows)
    site, _copied = copy_of(source, before=START, day=DAY)
    shop = InProcess(stages.api_key(site, "replay"))

    tally = drive(shop, later_visits(source), COURSE, workers=1)

    sizes = [len(body["events"]) for path, body in shop.sent if path.endswith("events")]
    assert sizes == [MAX_BATCH, MAX_BATCH, 199]
    assert tally.accepted == 1_199


def test_drive__quiet_weeks__never_send_events_that_are_too_old() -> None:
    source = a_site("gifts", currency="GBP")
    rows = [sale(n, START + timedelta(days=10 * n), "sku-1") for n in range(1, 5)]
    import_events(site=source, events=rows)
    site, _copied = copy_of(source, before=START, day=DAY)

    tally = drive(
        InProcess(stages.api_key(site, "replay")), later_visits(source), COURSE, workers=1
    )

    assert (tally.accepted, tally.rejected) == (4, Counter())


class Refusing:
    """Refuses everything."""

    def post(self, path: str, body: Any) -> Any:
        raise ConnectionError("gone")


def test_drive__service_away__raises_from_any_thread() -> None:
    site = a_shop_with_history()

    with pytest.raises(ConnectionError, match="gone"):
        drive(Refusing(), later_visits(site), COURSE, workers=4)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "POLL_S", 0.01)
    monkeypatch.setattr(stages, "QUIET_S", 0.05)


def test_wait_applied__lists_that_were_lost__are_reported_not_waited_for() -> None:
    assert stages.wait_applied(a_site("gifts"), lists=3, timeout_s=5) == 0


def test_wait_until__never_done__fails_with_what_was_awaited() -> None:
    with pytest.raises(stages.StageFailed, match="waited 0 s for the moon"):
        stages.wait_until(lambda: False, "the moon", 0.02)
