"""What the rooms above hold of a unit: handed out, erased, and otherwise as the rows say."""

import json

import pytest
from django.utils import timezone

from analytics.models import Rollup, RollupState
from experiments.models import Erasure, Experiment
from experiments.subjects.access import access_document
from experiments.subjects.erasure import ask_erasure, run_erasure
from recommenders.models import Artifact
from recommenders.services import train_artifact
from tests.analytics.rollups.kept import from_rollups, from_rows, keep
from tests.callers import an_event, caller_for
from tests.experiments.subjects.marked import (
    MARK,
    STAYS,
    Shop,
    a_purchase,
    a_shop,
    apply_everything,
    later,
    leave_traces,
)
from tests.experiments.subjects.traces import artifact_with
from tests.factories import a_site, running_experiment, trained

pytestmark = pytest.mark.django_db


def erased(shop: Shop) -> Erasure:
    (asked,) = ask_erasure(subject=shop.subject(), actor="sam")
    done = run_erasure(erasure_id=asked.pk, now=later())
    assert done is not None
    return done


def sums_of(unit_id: str) -> dict[str, int]:
    rows = Rollup.objects.filter(unit_id=unit_id).select_related("metric")
    return {row.metric.key: row.y for row in rows}


def test_rollups__of_an_erased_visitor__go_and_the_rest_is_as_the_rows_say() -> None:
    shop = a_shop()
    leave_traces(shop)
    apply_everything()
    keep(shop.experiment, timezone.now())
    RollupState.objects.update(last_unit=MARK)
    assert sums_of(MARK)["revenue_per_unit"] == 1_007
    held = json.loads("".join(access_document(subject=shop.subject(), actor="sam")))["held"]
    assert {each["metric"]: each["y"] for each in held["rollups"]} == sums_of(MARK)

    erasure = erased(shop)

    assert erasure.removed["rollups"] >= 3
    assert sums_of(MARK) == {}
    assert not RollupState.objects.filter(last_unit=MARK).exists()
    assert sums_of(STAYS)["revenue_per_unit"] == 1_008
    assert from_rollups(shop.experiment) == from_rows(shop.experiment)


def test_sums_of_an_account__whose_visitor_is_erased__are_those_of_its_others() -> None:
    site = a_site()
    shop = Shop(site, running_experiment(site, unit_type="account"), caller_for(site))
    for visitor in (MARK, STAYS):
        unit = {"visitor_id": visitor, "account_id": "a-1"}
        shop.recommend(visitor, account_id="a-1")
        value = {"amount": 10, "currency": "EUR"}
        shop.send(an_event("purchase", unit=unit, value=value))
    apply_everything()
    keep(shop.experiment, timezone.now())
    assert sums_of("a-1")["revenue_per_unit"] == 20

    erased(shop)

    assert sums_of("a-1")["revenue_per_unit"] == 10
    assert from_rollups(shop.experiment) == from_rows(shop.experiment)
    assert Experiment.objects.get().exposures.get().unit_id == "a-1"


def test_sums_of_an_account__called_as_the_visitor_that_is_erased__stay() -> None:
    site = a_site()
    fields = {"unit_type": "account", "fallback_unit_type": "visitor"}
    shop = Shop(site, running_experiment(site, **fields), caller_for(site))
    shop.recommend(STAYS, account_id=MARK)
    value = {"amount": 10, "currency": "EUR"}
    shop.send(an_event("purchase", unit={"account_id": MARK}, value=value))
    apply_everything()
    keep(shop.experiment, timezone.now())

    erased(shop)

    assert sums_of(MARK)["revenue_per_unit"] == 10
    assert from_rollups(shop.experiment) == from_rows(shop.experiment)


@pytest.mark.parametrize("key", ["item_knn", "hybrid", "lightfm"])
def test_artifact__of_an_erased_visitor__serves_the_others_as_before(key: str) -> None:
    pytest.importorskip("lightfm") if key == "lightfm" else None
    shop = a_shop()
    for visitor in (MARK, STAYS, "a-first", "z-last"):
        shop.send(a_purchase(visitor), a_purchase(visitor) | {"item_id": "sku-2"})
    apply_everything()
    (artifact,) = trained(shop.site, key)
    placement = shop.site.placements.get(key="product")
    placement.parameters = {"recommender": key}
    placement.save()

    def listed(visitor: str) -> list[tuple[str, float]]:
        body = {"unit": {"visitor_id": visitor}, "placement": "product"}
        answer = shop.caller.post("recommendations", body).json()
        return [(each["item_id"], each["score"]) for each in answer["items"]]

    before = listed(STAYS)
    erased(shop)

    again = Artifact.objects.get(pk=artifact.pk)
    assert again.sha256 != artifact.sha256
    assert artifact_with(MARK) == []
    assert artifact_with(STAYS) == [artifact.full_name]
    assert listed(STAYS) == before


def test_erasure__beside_a_training__waits_for_its_end() -> None:
    shop = a_shop()
    shop.send(a_purchase(MARK), a_purchase(STAYS))
    apply_everything()
    recommender = shop.site.recommenders.get(key="item_knn")
    begun = Artifact.objects.create(
        site=shop.site, recommender=recommender, version="1", status=Artifact.Status.TRAINING
    )

    erasure = erased(shop)
    assert erasure.finished_at is None
    assert "training" in erasure.error

    Artifact.objects.filter(pk=begun.pk).update(status=Artifact.Status.QUEUED)
    train_artifact(artifact_id=begun.pk)
    done = run_erasure(erasure_id=erasure.pk, now=later())
    assert done is not None
    assert (done.error, done.finished_at is None) == ("", False)
    assert artifact_with(MARK) == []
