"""What ran before on the same placement, and changes of the traffic within a phase."""

from datetime import timedelta

import pytest

from experiments.models import Experiment, Exposure, RampStep
from experiments.services import end_experiment
from tests.analytics.rollups.kept import keep
from tests.analytics.rows import Shares, a_run, event, exposure
from tests.analytics.trust.gate import gate
from tests.factories import NOW, draft_experiment

pytestmark = pytest.mark.django_db

EVEN = {"control": Shares(200, 0.2), "treatment": Shares(200, 0.2)}


def earlier_run(experiment: Experiment, shares: dict[str, float]) -> Experiment:
    """Return an ended experiment that met the same units; `shares` of each that were in control."""
    start = NOW - timedelta(days=30)
    earlier = draft_experiment(experiment.site, "earlier-test", allocation=5000)
    rows = Experiment.objects.filter(pk=earlier.pk)
    rows.update(status="running", started_at=start)
    end_experiment(experiment_id=earlier.pk)
    rows.update(ended_at=NOW - timedelta(days=20))
    control, treatment = earlier.variants.order_by("position", "id")
    exposures = Exposure.objects.filter(experiment=experiment).select_related("variant")
    Exposure.objects.bulk_create(
        exposure(
            earlier,
            control if place % 100 < 100 * shares[row.variant.key] else treatment,
            row.unit_id,
            start,
        )
        for place, row in enumerate(exposures.order_by("pk"))
    )
    return earlier


def test_carry_over__without_an_earlier_run__is_good() -> None:
    assert gate(a_run(EVEN))["carry_over"]["state"] == "good"


def test_carry_over__of_an_independent_split__is_good_and_counts_who_was_in_both() -> None:
    experiment = a_run(EVEN)
    earlier_run(experiment, {"control": 0.5, "treatment": 0.5})

    found = gate(experiment)["carry_over"]

    assert found["state"] == "good"
    assert found["evidence"] == "400 units were in Earlier Test, too."
    assert found["table"]["rows"] == [["Control", 100, 100], ["Treatment", 100, 100]]


def test_carry_over__of_the_same_seed__is_bad() -> None:
    experiment = a_run(EVEN)
    earlier_run(experiment, {"control": 0.8, "treatment": 0.3})

    found = gate(experiment)["carry_over"]

    assert found["state"] == "bad"
    assert found["table"]["rows"] == [["Control", 160, 60], ["Treatment", 40, 140]]
    assert found["causes"][0].startswith("both use the same seed")


def test_carry_over__of_an_effect_that_differs_by_what_was_met_before__warns() -> None:
    experiment = a_run(EVEN, has_ended=False, allocation=5000)
    earlier = earlier_run(experiment, {"control": 0.5, "treatment": 0.5})
    met = Exposure.objects.filter(experiment=earlier, variant__is_control=False)
    units = set(met.values_list("unit_id", flat=True))
    treated = Exposure.objects.filter(experiment=experiment, variant__is_control=False)
    rows = [
        event(experiment.site, "purchase", row.first_at, visitor_id=row.unit_id, amount=9000)
        for row in treated
        if row.unit_id in units
    ]
    type(rows[0]).objects.bulk_create(rows)
    keep(experiment)

    found = gate(experiment, is_present=True)["carry_over"]

    assert found["state"] == "warn"
    assert found["claim"].startswith("The effect differs by what units met before")


def a_ramped_run(steps: int = 1) -> Experiment:
    experiment = a_run(EVEN, has_ended=False)
    for position in range(steps):
        RampStep.objects.create(
            experiment=experiment,
            position=position,
            percent=50 + position,
            applied_at=NOW - timedelta(days=7),
        )
    return experiment


def test_allocation__that_never_changed__is_good() -> None:
    assert gate(a_run(EVEN))["allocation_change"]["state"] == "good"


def test_allocation__changed_before_sums_are_ready__is_unknown() -> None:
    found = gate(a_ramped_run())["allocation_change"]

    assert found["state"] == "unknown"
    assert found["evidence"].startswith("1 changes")


def test_allocation__changed_alike_in_all_variants__is_good() -> None:
    experiment = a_ramped_run()
    keep(experiment)

    found = gate(experiment, is_present=True)["allocation_change"]

    assert found["state"] == "good"
    assert found["table"]["rows"] == [["1", 100, 100], ["2", 100, 100]]


def test_allocation__that_turns_the_sign__warns_with_both_effects() -> None:
    """Treatment is better in each stretch, but has most of its units in the poor one."""
    experiment = a_ramped_run()
    control, treatment = experiment.variants.order_by("position", "id")
    Exposure.objects.filter(experiment=experiment).delete()
    early, late = NOW - timedelta(days=10), NOW - timedelta(days=3)
    groups = [
        (control, early, 300, 0.7), (treatment, early, 60, 0.8),
        (control, late, 60, 0.05), (treatment, late, 300, 0.15),
    ]  # fmt: skip
    exposures, events = [], []
    for variant, at, count, share in groups:
        for number in range(count):
            unit = f"{variant.key}-{at:%d}-{number}"
            exposures.append(exposure(experiment, variant, unit, at))
            if number < share * count:
                fields = {"visitor_id": unit, "amount": 3000 + number}
                events.append(event(experiment.site, "purchase", at, **fields))
    Exposure.objects.bulk_create(exposures)
    type(events[0]).objects.bulk_create(events)
    keep(experiment)

    found = gate(experiment, is_present=True)["allocation_change"]

    assert found["state"] == "warn"
    assert found["table"]["rows"] == [["1", 300, 60], ["2", 60, 300]]
    assert found["evidence"].startswith("Treatment: +")
    assert "−" in found["evidence"].split("stretches,")[1]
