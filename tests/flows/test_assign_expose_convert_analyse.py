"""One visitor's path and one experiment's, over HTTP: assign, recommend, click, buy, analyse."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.test import Client

from analytics.services import compute_analysis, request_analysis
from experiments.drain import drain_once
from experiments.intake import recorder
from experiments.models import Event, Experiment, Exposure, Site, Slate
from experiments.services import end_experiment
from tests.factories import NOW, running_experiment, simulated_site

pytestmark = pytest.mark.django_db


class Storefront:
    """A shop's server: one key, one clock."""

    def __init__(self, secret: str) -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {secret}"}

    def post(self, path: str, body: Any) -> dict[str, Any]:
        response = self.client.post(
            f"/api/v1/{path}", body, content_type="application/json", headers=self.headers
        )
        assert response.status_code < 300, response.content
        answer: dict[str, Any] = response.json()
        return answer

    def visit(self, visitor: str, at: datetime) -> dict[str, Any]:
        body = {
            "unit": {"visitor_id": visitor},
            "placement": "home",
            "k": 5,
            "context": {"now": at.isoformat()},
        }
        return self.post("recommendations", body)

    def send(self, events: list[dict[str, Any]], at: datetime) -> dict[str, Any]:
        return self.post("events", {"events": events, "context": {"now": at.isoformat()}})


def an_event(kind: str, visitor: str, at: datetime, **fields: Any) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "type": kind,
        "occurred_at": at.isoformat(),
        "unit": {"visitor_id": visitor},
        **fields,
    }


def apply_everything() -> None:
    recorder.buffer.flush()
    while drain_once().batches:
        pass


def test_visitor__served_clicks_and_buys__ends_in_the_report() -> None:
    site, secret = simulated_site()
    experiment = running_experiment(site)
    shop = Storefront(secret)

    answer = shop.visit("v-1", NOW)
    variant = answer["experiment"]["variant"]
    first = answer["items"][0]["item_id"]
    receipt = shop.send(
        [
            an_event("select_item", "v-1", NOW, request_id=answer["request_id"], item_id=first),
            an_event(
                "purchase",
                "v-1",
                NOW + timedelta(minutes=3),
                order_id="o-1",
                value={"amount": 1999, "currency": "EUR"},
            ),
        ],
        NOW + timedelta(minutes=4),
    )
    apply_everything()

    assert receipt == {"accepted": 2, "rejected": []}
    assert Slate.objects.get().clicked == 1
    assert Exposure.objects.get().variant.key == variant
    done = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert done is not None
    assert done.error == ""
    assert done.results is not None
    by_key = {metric["key"]: metric for metric in done.results["metrics"]}
    assert by_key["revenue_per_unit"]["values"][variant]["numerator"] == 1999
    assert by_key["ctr"]["values"][variant] == {
        "n": 1, "numerator": 1, "denominator": 1, "value": 1.0
    }  # fmt: skip


def seeded(site: Site) -> Experiment:
    """Return a running experiment whose split is the same in every run."""
    experiment = running_experiment(site, monitoring="fixed")
    experiment.seed = "the same in every run"
    experiment.save(update_fields=["seed"])
    return experiment


def drive(shop: Storefront, visitors: int, buy_rates: dict[str, float], seed: int) -> None:
    """Serve each visitor once a day for two visits and let it buy at its variant's rate."""
    rng = np.random.default_rng(seed)
    for start in range(0, visitors, 100):
        events = []
        for number in range(start, min(start + 100, visitors)):
            at = NOW + timedelta(days=float(14 * number / visitors))
            name = f"visitor-{seed}-{number}"
            answer = shop.visit(name, at)
            if rng.random() < buy_rates[answer["experiment"]["variant"]]:
                value = {"amount": int(rng.integers(1500, 2500)), "currency": "EUR"}
                events.append(an_event("purchase", name, at, value=value, order_id=f"o-{number}"))
        if events:
            shop.send(events, at)
        apply_everything()


def report_of(experiment: Experiment) -> dict[str, Any]:
    end_experiment(experiment_id=experiment.pk)
    experiment.refresh_from_db()
    done = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert done is not None
    assert done.results is not None
    return done.results


@pytest.mark.flow
def test_planted_lift__analysed__lies_inside_the_interval() -> None:
    site, secret = simulated_site()
    experiment = seeded(site)
    drive(Storefront(secret), 1200, {"control": 0.30, "treatment": 0.45}, seed=11)

    results = report_of(experiment)

    conversion = next(m for m in results["metrics"] if m["key"] == "conversion")
    found = conversion["comparisons"]["treatment"]
    assert found["lift_interval"]["low"] < 0.5 < found["lift_interval"]["high"]
    assert found["p_value"] < 0.05
    assert results["verdict"]["state"] == "ship"
    assert results["split"]["p_value"] > 0.001


@pytest.mark.flow
def test_equal_variants__analysed__are_not_called_significant() -> None:
    site, secret = simulated_site()
    experiment = seeded(site)
    drive(Storefront(secret), 800, {"control": 0.3, "treatment": 0.3}, seed=4)

    results = report_of(experiment)

    for metric in results["metrics"]:
        found = metric["comparisons"]["treatment"]
        p_value = found["p_adjusted"] if found["p_adjusted"] is not None else found["p_value"]
        assert p_value is None or p_value > 0.05, metric["key"]
    assert results["verdict"]["state"] != "ship"
    assert Event.objects.filter(visitor_id="").count() == 0
