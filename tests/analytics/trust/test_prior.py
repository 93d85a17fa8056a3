"""Whether variants were alike before anybody was exposed, from rollups and from rows."""

from datetime import timedelta

import pytest

from experiments.clock import EPOCH, MICROSECOND
from experiments.models import Event, Experiment, Exposure
from tests.analytics.rollups.kept import keep
from tests.analytics.rows import Shares, a_run, event
from tests.analytics.trust.gate import gate

pytestmark = pytest.mark.django_db

EVEN = {"control": Shares(400, 0.2), "treatment": Shares(400, 0.2)}


def bought_before(experiment: Experiment, shares: dict[str, int]) -> None:
    """Let so many of each hundred units of a variant have bought three days before."""
    rows = Exposure.objects.filter(experiment=experiment).select_related("variant").order_by("pk")
    Event.objects.bulk_create(
        event(
            experiment.site,
            "purchase",
            EPOCH + row.ts_us * MICROSECOND - timedelta(days=3),
            visitor_id=row.unit_id,
            amount=2500,
            order_ref=f"before-{row.unit_id}",
        )
        for place, row in enumerate(rows)
        if place % 100 < shares[row.variant.key]
    )


@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize(("treatment", "state"), [(30, "good"), (60, "bad")])
def test_prior__from_rows_or_rollups__finds_what_differed_before(
    is_kept: bool, treatment: int, state: str
) -> None:
    experiment = a_run(EVEN, has_ended=False)
    bought_before(experiment, {"control": 30, "treatment": treatment})
    if is_kept:
        keep(experiment)

    found = gate(experiment, is_present=True)["pre_period"]

    assert found["state"] == state
    assert found["evidence"].endswith("from all units." if is_kept else "from 800 units.")
    assert [row[0] for row in found["table"]["rows"] if row[0].startswith("Conversion")] == [
        "Conversion, Treatment"
    ]


def test_prior__of_a_few_units_that_did_anything__is_unknown() -> None:
    experiment = a_run(EVEN)
    bought_before(experiment, {"control": 1, "treatment": 1})

    found = gate(experiment)["pre_period"]

    assert found["state"] == "unknown"
    assert "30 of each variant are needed" in found["evidence"]
