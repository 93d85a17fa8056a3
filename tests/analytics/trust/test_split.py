"""The split of units: all together, by day and by segment."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from experiments.models import Experiment, Exposure, Phase, Variant
from tests.analytics.rows import Shares, a_run, exposure
from tests.analytics.trust.gate import gate
from tests.factories import NOW

pytestmark = pytest.mark.django_db

EVEN = {"control": Shares(600, 0.2), "treatment": Shares(600, 0.2)}


def units(variant: Variant, count: int, *, day: int, **fields: object) -> Iterator[Exposure]:
    """Yield new units of one day before the end."""
    for number in range(count):
        at = NOW - timedelta(days=day, seconds=number)
        name = f"extra-{day}-{variant.key}-{number}-{len(fields)}"
        yield exposure(variant.experiment, variant, name, at, **fields)


def variants_of(experiment: Experiment) -> tuple[Variant, Variant]:
    control, treatment = experiment.variants.order_by("position", "id")
    return control, treatment


def test_split__as_configured__is_good_by_every_cut() -> None:
    found = gate(a_run(EVEN))

    assert found["split"]["state"] == "good"
    assert found["split"]["evidence"] == "Seen 600 : 600; χ² p 1.00, blocks below 0.001."
    assert found["split"]["table"]["rows"] == [
        ["Control", 600, 600, "0"], ["Treatment", 600, 600, "0"],
    ]  # fmt: skip
    assert found["split_by_day"]["state"] == "good"
    assert found["split_by_segment"]["state"] == "unknown"
    assert found["multiple_exposure"]["state"] == "good"


def test_split__far_from_the_weights__is_bad_with_units_seen_and_due() -> None:
    found = gate(a_run(EVEN | {"control": Shares(450, 0.2)}))["split"]

    assert found["state"] == "bad"
    assert found["claim"] == "Control received 75 units fewer than its share."
    assert found["table"]["rows"] == [
        ["Control", 525, 450, "−75"], ["Treatment", 525, 600, "+75"],
    ]  # fmt: skip
    assert found["causes"][0].startswith("one variant loses units")
    assert found["action"]


def test_split__of_a_phase_with_other_weights__is_judged_by_those_of_its_record() -> None:
    experiment = a_run({"control": Shares(300, 0.2), "treatment": Shares(900, 0.2)})
    rows = [{"key": "control", "weight": 1}, {"key": "treatment", "weight": 3}]
    Phase.objects.update_or_create(
        experiment=experiment, number=1, defaults={"variants": rows, "started_at": NOW, "seed": "s"}
    )

    assert gate(experiment)["split"]["state"] == "good"


def test_split__of_a_few_units__is_unknown_and_says_how_many_are_missing() -> None:
    found = gate(a_run({"control": Shares(6, 0), "treatment": Shares(0, 0)}))["split"]

    assert found["state"] == "unknown"
    assert found["evidence"] == "4 more units are needed, so that each variant expects 5."


def test_split__while_it_runs__needs_more_to_be_called_broken() -> None:
    odd = {"control": Shares(537, 0.2), "treatment": Shares(660, 0.2)}  # p 0.0004

    assert gate(a_run(odd, has_ended=False))["split"]["state"] == "good"


def test_split_by_day__one_broken_day__names_it_and_its_units() -> None:
    experiment = a_run(EVEN)
    _control, treatment = variants_of(experiment)
    Exposure.objects.bulk_create(units(treatment, 60, day=3))

    found = gate(experiment)["split_by_day"]

    assert found["state"] == "bad"
    day = (NOW - timedelta(days=3)).date().isoformat()
    assert found["claim"] == f"1 of 15 days did not split as configured: {day}."
    assert found["table"]["rows"][0][0] == day
    control_units, treatment_units = found["table"]["rows"][0][1:3]
    assert treatment_units == control_units + 60


def test_split_by_segment__one_broken_segment__names_it() -> None:
    experiment = a_run(EVEN)
    control, treatment = variants_of(experiment)
    for variant, count in ((control, 40), (treatment, 120)):
        extra = [*units(variant, count, day=2, attributes={"device": "tablet", "is_new": True})]
        extra += units(variant, 200, day=1, attributes={"device": "phone", "is_new": False})
        Exposure.objects.bulk_create(extra)
    # Most units have to carry it before it is looked at.
    Exposure.objects.filter(attributes={}).update(attributes={"device": "desktop", "is_new": True})

    found = gate(experiment)["split_by_segment"]

    assert found["state"] == "bad"
    assert found["table"]["rows"][0][:3] == ["device = tablet", 40, 120]
    assert ["device = phone", 200, 200] in [row[:3] for row in found["table"]["rows"]]
    assert ["is_new = false", 200, 200] in [row[:3] for row in found["table"]["rows"]]


def test_multiple__many_units_in_two_variants__is_bad_with_their_share() -> None:
    experiment = a_run(EVEN)
    marked = Exposure.objects.filter(experiment=experiment).order_by("pk")[:24]
    Exposure.objects.filter(pk__in=[row.pk for row in marked]).update(is_multiple=True)

    found = gate(experiment)["multiple_exposure"]

    assert found["state"] == "bad"
    assert found["evidence"] == "24 units, 2.00\u202f%. Warns above 0.1 %, blocks above 1 %."
    assert found["table"]["rows"][0] == ["Control", 24, 576]
