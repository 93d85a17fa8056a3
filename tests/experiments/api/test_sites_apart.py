"""Two sites with the same names: no key reaches, sees or changes what the other has."""

import uuid

import pytest
from django.core import signing

from analytics.models import Analysis
from analytics.services import request_analysis
from experiments.drain import drain_once
from experiments.intake import recorder
from experiments.models import Event, Experiment, Slate
from experiments.tokens import exposure_token, token_claim
from recommenders.models import Item
from tests.callers import Caller, an_event, caller_for, key_for, refusal
from tests.factories import a_site, draft_experiment, stocked

pytestmark = pytest.mark.django_db


def apply_everything() -> None:
    recorder.buffer.flush()
    while drain_once().batches:
        pass


def test_experiment_of_another_site__is_unknown_to_every_endpoint() -> None:
    mine, theirs = a_site("mine"), a_site("theirs")
    draft_experiment(theirs)
    caller = caller_for(mine)

    answers = [
        caller.get("experiments/home-test"),
        caller.get("experiments/home-test/analyses"),
        caller.post("experiments/home-test/analyses"),
        *(caller.post(f"experiments/home-test/{step}") for step in ("start", "pause", "end")),
        caller.post("assignments", {"experiment": "home-test"}),
    ]

    assert {refusal(answer)[:2] for answer in answers} == {(404, "not_found")}
    assert Experiment.objects.get().status == "draft"
    assert not Analysis.objects.exists()


def test_analysis_of_another_site__is_unknown_by_its_number() -> None:
    mine, theirs = a_site("mine"), a_site("theirs")
    analysis = request_analysis(experiment=draft_experiment(theirs))

    assert refusal(caller_for(mine).get(f"analyses/{analysis.pk}"))[0] == 404
    assert caller_for(theirs).get(f"analyses/{analysis.pk}").status_code == 200


def test_items_of_the_same_id__are_each_sites_own() -> None:
    mine, theirs = a_site("mine"), a_site("theirs")
    stocked(theirs, 1)
    body = {"items": [{"item_id": "sku-0", "title": "Mine"}]}

    caller_for(mine).send("PUT", "items", body)

    assert Item.objects.get(site=theirs).title == "Item 0"
    assert Item.objects.get(site=mine).title == "Mine"


def test_request_id_of_another_site__is_joined_to_nothing() -> None:
    mine, theirs = a_site("mine"), a_site("theirs")
    stocked(theirs)
    answer = caller_for(theirs).post(
        "recommendations", {"placement": "home", "unit": {"visitor_id": "v-theirs"}}
    )
    click = an_event("select_item", request_id=answer.json()["request_id"], unit={})

    caller_for(mine).post("events", {"events": [click]})
    apply_everything()

    assert Slate.objects.get().clicked == 0
    event = Event.objects.get()
    assert (event.site_id, event.visitor_id) == (mine.pk, "")


def test_event_id_of_another_site__is_no_duplicate() -> None:
    event = an_event()

    for site in (a_site("mine"), a_site("theirs")):
        caller_for(site).post("events", {"events": [event]})
    apply_everything()

    assert Event.objects.filter(event_id=event["event_id"]).count() == 2


def is_verified(caller: Caller, request_id: object, token: str) -> bool:
    """Send a purchase that quotes a slate and its token; return what it is stored as."""
    purchase = an_event(
        "purchase",
        request_id=str(request_id),
        exposure_token=token,
        value={"amount": 1999, "currency": "EUR"},
    )
    response = caller.post("events", {"events": [purchase]})
    assert response.json() == {"accepted": 1, "rejected": []}
    apply_everything()
    return Event.objects.get(event_id=purchase["event_id"]).is_verified


def test_purchase__from_a_browser_with_the_token_of_its_slate__is_verified() -> None:
    site = a_site()
    stocked(site)
    browser = Caller(key_for(site, kind="publishable"))
    answer = browser.post("recommendations", {"placement": "home"}).json()

    assert is_verified(browser, answer["request_id"], answer["exposure"]["token"])


def test_purchase__from_a_browser_with_a_forged_token__is_unverified() -> None:
    mine, theirs = a_site("mine"), a_site("theirs")
    browser = Caller(key_for(mine, kind="publishable"))
    request_id, other = uuid.uuid4(), uuid.uuid4()
    good = exposure_token(site_id=mine.pk, request_id=request_id, variant_id=1)
    claim, _, signature = good.partition(":")
    forged = {
        "empty": "",
        "unsigned": claim,
        "no signature": f"{claim}:",
        "another claim": good.replace(request_id.hex, other.hex),
        "cut": good[:-1],
        "other signature": f"{claim}:{signature[::-1]}",
        "no ASCII": f"{claim}:\u00e9\U0001f600",
        "of another slate": exposure_token(site_id=mine.pk, request_id=other, variant_id=1),
        "of another site": exposure_token(site_id=theirs.pk, request_id=request_id, variant_id=1),
    }

    stored = {name: is_verified(browser, request_id, token) for name, token in forged.items()}

    assert stored == dict.fromkeys(forged, False)
    assert is_verified(browser, request_id, good)


def test_purchase__from_a_server__is_verified_without_a_token() -> None:
    assert is_verified(caller_for(a_site()), uuid.uuid4(), "")


@pytest.mark.parametrize("token", ["", ":", "a:b", "1.x.1:", "\x00", "1.2.3.4:5", "é" * 1000])
def test_token__made_up__proves_nothing(token: str) -> None:
    assert token_claim(token) is None


def test_token__signed_for_something_else__proves_nothing() -> None:
    assert token_claim(signing.Signer().sign(f"1.{uuid.uuid4().hex}.1")) is None
