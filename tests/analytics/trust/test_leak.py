"""Units that met another variant than theirs."""

from datetime import timedelta

import pytest

from experiments.drain.claims import MISMATCH
from experiments.models import Event, Experiment, Exposure, Quarantine, Slate, Variant
from tests.analytics.rows import Shares, a_run, event, slate
from tests.analytics.trust.gate import gate
from tests.factories import NOW

pytestmark = pytest.mark.django_db

EVEN = {"control": Shares(300, 0.2), "treatment": Shares(300, 0.2)}
AT = NOW - timedelta(hours=1)


def sides(experiment: Experiment) -> tuple[Variant, Variant]:
    control, treatment = experiment.variants.order_by("position", "id")
    return control, treatment


def units(variant: Variant, count: int) -> list[str]:
    rows = Exposure.objects.filter(variant=variant).order_by("pk")[:count]
    return [row.unit_id for row in rows]


@pytest.mark.parametrize(("reason", "state"), [("SPLIT", "bad"), ("OVERRIDE", "good")])
def test_leak__lists_of_another_variant__count_unless_they_were_forced(
    reason: str, state: str
) -> None:
    experiment = a_run(EVEN)
    control, treatment = sides(experiment)
    leaked = units(control, 18)
    Slate.objects.bulk_create(slate(treatment, unit, AT, reason=reason) for unit in leaked)

    found = gate(experiment)["exposure_leak"]

    assert found["state"] == state
    seen = 18 if state == "bad" else 0
    assert found["table"]["rows"][0] == ["Lists served from another variant, units", seen]
    assert found["evidence"].startswith(f"{seen} of 600 units looked at")


def test_leak__clicks_on_a_list_of_another_variant__name_a_shared_cache_first() -> None:
    experiment = a_run(EVEN)
    control, treatment = sides(experiment)
    served = Slate.objects.filter(variant=treatment).order_by("pk")[:18]
    Event.objects.bulk_create(
        event(experiment.site, "select_item", AT, visitor_id=unit, request_id=row.request_id)
        for unit, row in zip(units(control, 18), served, strict=True)
    )

    found = gate(experiment)["exposure_leak"]

    assert found["state"] == "bad"
    assert found["table"]["rows"][1] == ["Events that quote a list of another variant, units", 18]
    assert found["causes"][0] == "the storefront caches a page or a list across visitors"


def test_leak__clicks_on_own_lists_and_on_a_stranger_s_of_the_same_variant__are_none() -> None:
    experiment = a_run(EVEN)
    control, _treatment = sides(experiment)
    first, second = units(control, 2)
    own = Slate.objects.get(variant=control, unit_id=first)
    Event.objects.bulk_create(
        event(experiment.site, "select_item", AT, visitor_id=unit, request_id=own.request_id)
        for unit in (first, second)
    )

    assert gate(experiment)["exposure_leak"]["state"] == "good"


def test_leak__claims_for_another_variant__are_counted_from_what_was_refused() -> None:
    experiment = a_run(EVEN)
    for key, times in (("home-test", 20), ("other-test", 500)):
        Quarantine.objects.create(
            site=experiment.site,
            received_at=NOW,
            code=MISMATCH,
            detail="the unit belongs to 'control', not to the variant claimed",
            body=f'{{"properties": {{"experiment": "{key}", "variant": "treatment"}}}}',
            times=times,
        )

    found = gate(experiment)["exposure_leak"]

    assert found["state"] == "bad"
    assert found["table"]["rows"][2] == ["Exposures claimed for another variant, refused", 20]


def test_leak__one_unit_of_fifty__is_no_alarm() -> None:
    experiment = a_run({"control": Shares(25, 0), "treatment": Shares(25, 0)})
    control, treatment = sides(experiment)
    Slate.objects.bulk_create([slate(treatment, units(control, 1)[0], AT)])

    assert gate(experiment)["exposure_leak"]["state"] == "warn"
