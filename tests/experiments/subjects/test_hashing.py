"""Sites that store keyed hashes: nobody's id is in them, and their reports are the same."""

import json
import re
from typing import Any

import pytest
from django.test import override_settings

from experiments.assignment.specs import UnitIds
from experiments.drain import drain_once
from experiments.intake import recorder
from experiments.intake.importing import EventRecord, import_events
from experiments.models import (
    Erasure,
    Event,
    Experiment,
    Exposure,
    InboxBatch,
    Quarantine,
    Slate,
    UnitLink,
)
from experiments.subjects.access import access_document
from experiments.subjects.erasure import ask_erasure, run_erasure
from experiments.subjects.hashing import digest_of, hashed_id, is_hashed
from experiments.subjects.suppression import is_suppressed, short_digests, suppressed
from tests.callers import an_event
from tests.experiments.subjects.marked import (
    ACCOUNT,
    MARK,
    SESSION,
    STAYS,
    Shop,
    a_purchase,
    a_shop,
    analysed,
    apply_everything,
    later,
    leave_traces,
    of_visitor,
)
from tests.experiments.subjects.traces import artifact_with, files_with, rows_with
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db


def test_hash__of_an_id__is_keyed_by_installation_and_site() -> None:
    mine = hashed_id(1, "v-81")

    assert re.fullmatch("~[0-9a-f]{32}", mine)
    assert (hashed_id(1, "v-81"), hashed_id(1, mine), hashed_id(1, "")) == (mine, mine, "")
    assert hashed_id(2, "v-81") != mine
    with override_settings(ID_KEY="another key of thirty-two letters"):
        assert hashed_id(1, "v-81") != mine


def test_hash__when_the_secret_key_is_rotated__stays() -> None:
    before = hashed_id(1, "v-81")

    with override_settings(SECRET_KEY="new" * 20, SECRET_KEY_FALLBACKS=["old" * 20]):
        assert hashed_id(1, "v-81") == before


@pytest.mark.parametrize("unit_id", ["~", "~" + 31 * "0", "~" + 33 * "0", "~" + 32 * "G", "v"])
def test_id__of_another_form__is_no_hash(unit_id: str) -> None:
    assert not is_hashed(unit_id)
    assert is_hashed(hashed_id(1, unit_id))


def test_digest__of_a_hash__is_that_of_its_id() -> None:
    assert digest_of(1, "visitor", hashed_id(1, "v-81")) == digest_of(1, "visitor", "v-81")
    assert digest_of(1, "account", "v-81") != digest_of(1, "visitor", "v-81")


def test_suppression__of_one_unit__holds_for_its_site_and_type_alone() -> None:
    site, other = a_site(), a_site("other")
    Erasure.objects.create(
        site=site,
        unit_type="visitor",
        digest=digest_of(site.pk, "visitor", "v-1"),
        actor="sam",
        asked_at=NOW,
    )
    asked = [("visitor", "v-1"), ("account", "v-1"), ("visitor", "v-2")]

    assert suppressed(site.pk, asked) == {("visitor", "v-1")}
    assert suppressed(other.pk, asked) == set()
    erased = short_digests()
    assert is_suppressed(site.pk, erased[site.pk], UnitIds("v-1", "", ""))
    assert not is_suppressed(site.pk, erased[site.pk], UnitIds("v-2", "v-1", ""))


@pytest.fixture
def shop() -> Shop:
    return a_shop(hash_ids=True)


def test_ids__once_applied__are_in_no_table_file_or_artifact(shop: Shop) -> None:
    leave_traces(shop)
    apply_everything()
    shop.experiment.overrides.all().delete()  # a person wrote this one, raw
    kept = shop.subject()
    for name in (MARK, ACCOUNT, SESSION):
        assert rows_with(name) == []
        assert [each for each in files_with(name) if "snapshot" not in each] == []
        assert artifact_with(name) == []
    assert Event.objects.filter(visitor_id=kept.unit_id).count() == 3
    assert Exposure.objects.filter(unit_id=kept.unit_id).count() == 1
    assert UnitLink.objects.get(visitor_id=kept.unit_id).account_id == hashed_id(
        shop.site.pk, ACCOUNT
    )


def test_id__sent_in_properties_too__is_hashed_there(shop: Shop) -> None:
    bags = {"attributes": {"visitor_id": MARK, "plan": "x"}, "properties": {"by": MARK, "n": 1.5}}
    shop.send(of_visitor(MARK, "page_view", **bags))
    apply_everything()

    hashed = hashed_id(shop.site.pk, MARK)
    event = Event.objects.get()
    assert event.attributes == {"visitor_id": hashed, "plan": "x"}
    assert event.properties == {"by": hashed, "n": 1.5}


def test_body__that_is_no_json__is_not_kept(shop: Shop) -> None:
    receipt = shop.send(of_visitor(MARK, "purchase"))
    shop.caller.post("events", b'{"events": [{"unit": {"visitor_id": "\xff%s"}}]}' % MARK.encode())

    assert receipt["rejected"]
    assert Quarantine.objects.exists()
    assert rows_with(MARK) == []


def test_inbox__until_applied__holds_ids_raw(shop: Shop) -> None:
    shop.send(a_purchase(MARK))

    assert MARK in InboxBatch.objects.get().doc


def test_claim__of_an_exposure__is_checked_by_the_raw_id_and_stored_hashed(shop: Shop) -> None:
    for number in range(20):
        visitor = f"v-{number}"
        asked = shop.caller.post("assignments", {"unit": {"visitor_id": visitor}}).json()
        (given,) = [each for each in asked["assignments"] if each["experiment"] == "home-test"]
        claim = {"experiment": "home-test", "variant": given["variant"]}
        shop.send(an_event("exposure", unit={"visitor_id": visitor}, properties=claim))
    apply_everything()

    assert not Quarantine.objects.exists()
    met = set(Exposure.objects.values_list("unit_id", flat=True))
    assert met == {hashed_id(shop.site.pk, f"v-{number}") for number in range(20)}


def test_visitor__looked_up_by_the_raw_id_or_the_hash__is_the_same(shop: Shop) -> None:
    leave_traces(shop)
    apply_everything()

    by_raw, by_hash = (
        json.loads("".join(access_document(subject=each, actor="sam")))
        for each in (shop.subject(), shop.subject(unit_id=shop.subject().unit_id))
    )

    assert by_raw["held"]["events"] == by_hash["held"]["events"] != []
    assert by_raw["held"]["assignments"] != []
    assert by_hash["held"]["assignments"] == []  # nothing can be said without the raw id


def test_visitor__erased_by_the_raw_id__stays_away(shop: Shop) -> None:
    leave_traces(shop)
    (asked,) = ask_erasure(subject=shop.subject(), actor="sam")
    done = run_erasure(erasure_id=asked.pk, now=later())
    assert done is not None
    assert done.error == ""

    shop.send(a_purchase(MARK))
    shop.recommend(MARK)
    apply_everything()

    assert [*rows_with(MARK), *rows_with(shop.subject().unit_id)] == []


def test_imported_events__are_hashed_and_those_of_erased_units_dropped(shop: Shop) -> None:
    ask_erasure(subject=shop.subject(), actor="sam")
    records = [
        EventRecord(event_id=each["event_id"], type="view_item", occurred_at=NOW, visitor_id=name)
        for name, each in ((MARK, an_event()), ("v-2", an_event()))
    ]

    count = import_events(site=shop.site, events=records)

    assert (count.stored, count.dropped) == (1, 1)
    assert Event.objects.get().visitor_id == hashed_id(shop.site.pk, "v-2")


def test_list__of_a_known_visitor__is_the_artifacts_own(shop: Shop) -> None:
    for visitor in (MARK, STAYS):  # a second item, without which there are no neighbours
        shop.send(of_visitor(visitor, "view_item", item_id="sku-2"))
    leave_traces(shop)
    apply_everything()
    placement = shop.site.placements.get(key="product")
    placement.parameters = {"recommender": "item_knn"}
    placement.save()

    body = {"unit": {"visitor_id": MARK}, "placement": "product"}
    answer = shop.caller.post("recommendations", body).json()

    assert answer["recommender"]["name"] == "item_knn"


def moments_of(shop: Shop) -> Any:
    return analysed(shop.experiment).moments


def test_report__of_the_same_traffic__is_equal_with_and_without_hashes() -> None:
    plain, hashing = a_shop("plain"), a_shop("hashing", hash_ids=True)
    first = Experiment.objects.get(pk=plain.experiment.pk)
    Experiment.objects.filter(pk=hashing.experiment.pk).update(seed=first.seed)
    layer = hashing.experiment.layer
    layer.seed = "copy"
    layer.save()
    for shop in (plain, hashing):
        for number in range(40):
            visit = shop.recommend(f"v-{number}")
            click = {"request_id": visit["request_id"], "item_id": "sku-1", "rank": 1}
            shop.send(an_event("select_item", unit={}, **click))  # its unit is the list's
            if number % 3:
                shop.send(a_purchase(f"v-{number}", 100 * number))
        apply_everything()
    recorder.buffer.flush()
    while drain_once().batches:
        pass

    assert Slate.objects.filter(site=hashing.site).count() == 40
    assert moments_of(plain) == moments_of(hashing)
