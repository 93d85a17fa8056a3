"""A visitor whose name is to be found wherever anything is kept, beside another who stays."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from analytics.models import Analysis
from analytics.services import compute_analysis, request_analysis
from experiments.drain import drain_once
from experiments.intake import recorder
from experiments.models import Event, Experiment, FlaggedUnit, Override, Site
from experiments.retention.exporting import export_day
from experiments.retention.tables import TABLES
from experiments.subjects.subject import Subject, subject_of
from tests.callers import Caller, an_event, caller_for
from tests.factories import a_site, running_experiment, stocked, trained

MARK = "marker-7f3a"
ACCOUNT = "holder-7f3a"
SESSION = "sitting-7f3a"
STAYS = "v-stays"


@dataclass
class Shop:
    """A shop with a running experiment, called over HTTP."""

    site: Site
    experiment: Experiment
    caller: Caller

    def recommend(self, visitor: str, **unit: str) -> dict[str, Any]:
        """Return the list that a visitor is served."""
        body: dict[str, Any] = {"unit": {"visitor_id": visitor, **unit}, "placement": "home"}
        if visitor == MARK:
            body["session_id"] = SESSION
        answer = self.caller.post("recommendations", body)
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def send(self, *events: dict[str, Any]) -> dict[str, Any]:
        """Send events; return the receipt."""
        answer = self.caller.post("events", {"events": list(events)})
        assert answer.status_code == 202, answer.content
        receipt: dict[str, Any] = answer.json()
        return receipt

    def subject(self, unit_type: str = "visitor", unit_id: str = MARK) -> Subject:
        """Return the unit whose data are asked for."""
        return subject_of(site=self.site, unit_type=unit_type, unit_id=unit_id)


def a_shop(slug: str = "shop", *, hash_ids: bool = False) -> Shop:
    """Return a shop whose experiment runs."""
    site = a_site(slug)
    site.hash_ids = hash_ids
    site.save(update_fields=["hash_ids"])
    return Shop(site, running_experiment(site), caller_for(site))


def apply_everything() -> None:
    """Apply all that waits."""
    recorder.buffer.flush()
    while drain_once().batches:
        pass


def of_visitor(visitor: str, kind: str, **fields: Any) -> dict[str, Any]:
    """Return an event of a visitor; the marked one is signed in, and in a session."""
    unit = {"visitor_id": visitor}
    if visitor == MARK:
        unit["account_id"], fields["session_id"] = ACCOUNT, SESSION
    return an_event(kind, unit=unit, **fields)


def a_purchase(visitor: str, amount: int = 1_000, **fields: Any) -> dict[str, Any]:
    """Return a purchase of an item that artifacts learn from."""
    value = {"amount": amount, "currency": "EUR"}
    return of_visitor(visitor, "purchase", item_id="sku-1", value=value, **fields)


def leave_traces(shop: Shop) -> None:
    """Let the marked visitor and the other do all that leaves anything behind."""
    for visitor in (MARK, STAYS):
        served = shop.recommend(visitor)
        click = {"request_id": served["request_id"], "item_id": "sku-1", "rank": 1}
        bought = a_purchase(visitor)
        refused = of_visitor(visitor, "purchase", value={"amount": -5, "currency": "EUR"})
        shop.send(of_visitor(visitor, "select_item", **click), bought, refused)
        apply_everything()
        shop.send(bought)  # a repeat
        apply_everything()
    FlaggedUnit.objects.create(
        site=shop.site,
        unit_type="visitor",
        unit_id=shop.subject().unit_id,
        traffic="outlier",
        detail="too many",
        at=timezone.now(),
    )
    Override.objects.create(
        experiment=shop.experiment, unit_id=MARK, variant=shop.experiment.variants.earliest("pk")
    )
    stocked(shop.site)
    trained(shop.site, "item_knn")
    for table in TABLES.values():
        for day in Event.objects.filter(site=shop.site).values_list("day", flat=True).distinct():
            export_day(table, shop.site, day)
    shop.send(a_purchase(MARK, 7), a_purchase(STAYS, 8))  # waits in the inbox


def analysed(experiment: Experiment) -> Analysis:
    """Return a stored analysis of an experiment."""
    done = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert done is not None
    return Analysis.objects.get(pk=done.pk)


def later(seconds: int = 20) -> datetime:
    """Return a moment by which nothing from before an erasure is under way."""
    return timezone.now() + timedelta(seconds=seconds)
