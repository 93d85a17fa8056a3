"""How well known items are, and what lists are measured as by it."""

import pytest

from analytics.popularity import measure_popularity, popularities
from experiments.drain import drain_once
from experiments.intake.slates import SlateItem
from experiments.models import Event, Slate
from experiments.registries import Popularity
from tests.analytics.metrics import DAY
from tests.analytics.rows import event
from tests.experiments.drain.waiting import a_slate, put_slates
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db


def test_popularity__measured__follows_the_share_of_units_of_four_weeks() -> None:
    site = a_site()
    touches = [("a", f"u{n}") for n in range(7)] + [("b", "u0"), ("b", "u0")]
    rows = [event(site, "view_item", NOW, item_id=item, visitor_id=u) for item, u in touches]
    rows.append(event(site, "view_item", NOW - 29 * DAY, item_id="c", visitor_id="u1"))
    Event.objects.bulk_create(rows)

    n = measure_popularity(site)

    assert n == 2
    assert popularities(site.pk, {"a", "b", "c"}) == {
        "a": Popularity(0, is_tail=False),
        "b": Popularity(2000, is_tail=True),
        "c": Popularity(3000, is_tail=True),
    }
    assert popularities(a_site("other").pk, {"a"}) == {}


def test_slate__applied__says_what_its_list_is_like() -> None:
    site = a_site()
    Event.objects.bulk_create(
        [event(site, "view_item", NOW, item_id="a", visitor_id=f"u{n}") for n in range(3)]
    )
    measure_popularity(site)
    items = [
        SlateItem(item, rank, None, 1.0, category)
        for rank, (item, category) in enumerate([("a", "x"), ("b", "x"), ("c", "y"), ("d", "")], 1)
    ]
    put_slates(a_slate(site, items=items), a_slate(site, items=[]))

    drain_once()

    full, empty = Slate.objects.order_by("-n_items")
    assert (full.n_items, full.pairs, full.unlike_pairs) == (4, 6, 4)
    assert (full.n_known, full.n_tail, full.novelty_mbit) == (4, 3, 3 * 2000)
    assert (empty.n_items, empty.pairs, empty.n_known) == (0, 0, 0)
