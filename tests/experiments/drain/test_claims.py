"""Claims of exposures are checked by the rules that assigned: tokens, prerequisites, ids."""

from collections.abc import Iterable
from typing import Any

import pytest

from experiments import snapshot
from experiments.assignment.assign import decide_experiment
from experiments.assignment.specs import Decision, UnitIds, Visit
from experiments.drain import drain_once
from experiments.health.counts import site_counts
from experiments.models import Experiment, Exposure, Prerequisite, Quarantine
from experiments.services import create_experiment, start_experiment
from experiments.tokens import kept_token
from tests.experiments.drain.waiting import a_slate, an_event, put_events, put_slates
from tests.factories import a_site, running_experiment, two_variants

pytestmark = pytest.mark.django_db


def decided(experiment: Experiment, units: UnitIds) -> Decision:
    """Return what the compiled configuration decides for a unit."""
    specs = snapshot.current().sites[experiment.site_id].experiments
    return decide_experiment(specs[experiment.pk], Visit(units), specs)


def first_in(
    experiment: Experiment, visits: Iterable[UnitIds], *, variant: str
) -> tuple[UnitIds, Decision]:
    """Return the first unit that is in this variant, and its decision."""
    for units in visits:
        found = decided(experiment, units)
        if found.in_experiment and found.variant and found.variant.key == variant:
            return units, found
    raise AssertionError("no unit is in this variant")


def claim(experiment: Experiment, variant: str, unit: dict[str, str], **given: Any) -> None:
    properties = {"experiment": experiment.key, "variant": variant, **given}
    put_events(experiment.site, an_event("exposure", unit=unit, properties=properties))
    drain_once()


def sticky() -> tuple[Experiment, str, str]:
    """Return a sticky experiment, a visitor's token in control, and an account in treatment."""
    experiment = running_experiment(
        a_site(), unit_type="account", fallback_unit_type="visitor", is_sticky=True
    )
    visitors = (UnitIds(visitor_id=f"v-{number}") for number in range(50))
    accounts = (UnitIds(account_id=f"a-{number}") for number in range(50))
    visitor, before = first_in(experiment, visitors, variant="control")
    account, _after = first_in(experiment, accounts, variant="treatment")
    token = kept_token(site_id=experiment.site_id, decision=before)
    assert before.unit_id == visitor.visitor_id
    return experiment, token, account.account_id


def test_claim__of_a_visitor_who_signed_in__holds_with_the_token_under_the_anonymous_id() -> None:
    experiment, token, account_id = sticky()

    claim(experiment, "control", {"account_id": account_id}, kept=token)

    found = Exposure.objects.get()
    assert (found.variant.key, found.unit_type) == ("control", "visitor")
    assert found.unit_id.startswith("v-")


@pytest.mark.parametrize("kept", ["forged", 5, None])
def test_claim__of_a_visitor_who_signed_in__without_a_good_token_is_refused(kept: Any) -> None:
    experiment, _token, account_id = sticky()

    claim(experiment, "control", {"account_id": account_id}, kept=kept)

    assert not Exposure.objects.exists()
    assert "'treatment'" in Quarantine.objects.get().detail


@pytest.mark.parametrize("needed", ["control", "treatment"])
def test_claim__of_an_experiment_with_a_prerequisite__holds_for_units_that_meet_it(
    needed: str,
) -> None:
    site = a_site()
    first = running_experiment(site, "first")
    second = create_experiment(
        site=site,
        key="second",
        name="Second",
        placement=site.placements.exclude(layer=first.layer).first(),
        variants=two_variants(),
    )
    rule = Prerequisite.objects.create(experiment=second, required=first)
    rule.variants.set(first.variants.filter(key="control"))
    start_experiment(experiment_id=second.pk, waiver="a test")
    units, found = first_in(
        first, (UnitIds(visitor_id=f"v-{number}") for number in range(300)), variant=needed
    )
    claimed = decided(second, units).variant

    claim(second, claimed.key if claimed else "control", {"visitor_id": units.visitor_id})

    assert found.in_experiment
    assert Exposure.objects.exists() is (needed == "control")


def test_claim__of_a_condition_on_the_id__sees_the_id() -> None:
    experiment = running_experiment(a_site(), eligibility={"visitor_id": {"$in": ["v-1", "v-2"]}})
    decision = decided(experiment, UnitIds(visitor_id="v-1"))
    assert decision.reason == "NOT_ELIGIBLE"  # the bare decision is given no attributes
    spec = snapshot.current().sites[experiment.site_id].experiments[experiment.pk]
    visit = Visit(UnitIds(visitor_id="v-1"), {"visitor_id": "v-1"})
    variant = decide_experiment(spec, visit).variant
    assert variant is not None

    claim(experiment, variant.key, {"visitor_id": "v-1"})

    assert Exposure.objects.get().unit_id == "v-1"


@pytest.mark.parametrize("is_late", [True, False])
def test_claim__without_ids__holds_by_the_list_that_it_quotes_whichever_came_first(
    is_late: bool,
) -> None:
    site = a_site()
    experiment = running_experiment(site)
    visitors = (UnitIds(visitor_id=f"v-{number}") for number in range(50))
    units, _found = first_in(experiment, visitors, variant="treatment")
    served = a_slate(site, visitor_id=units.visitor_id)
    said = {"experiment": experiment.key, "variant": "treatment"}
    quoting = an_event("exposure", request_id=str(served.request_id), unit={}, properties=said)
    steps = [lambda: put_slates(served), lambda: put_events(site, quoting)]

    for step in reversed(steps) if is_late else steps:
        step()
        drain_once()

    exposure = Exposure.objects.get()
    assert (exposure.unit_id, exposure.variant.key) == (units.visitor_id, "treatment")
    assert not Quarantine.objects.exists()
    counts = site_counts()[0]
    assert (counts.applied, counts.quarantined, counts.difference) == (1, 0, 0)


def test_claim__without_ids_of_another_variant__stays_set_aside_when_its_list_comes() -> None:
    site = a_site()
    experiment = running_experiment(site)
    visitors = (UnitIds(visitor_id=f"v-{number}") for number in range(50))
    units, _found = first_in(experiment, visitors, variant="treatment")
    served = a_slate(site, visitor_id=units.visitor_id)
    said = {"experiment": experiment.key, "variant": "control"}
    put_events(
        site, an_event("exposure", request_id=str(served.request_id), unit={}, properties=said)
    )
    drain_once()

    put_slates(served)
    drain_once()

    assert not Exposure.objects.exists()
    assert Quarantine.objects.get().code == "exposure_mismatch"
    assert site_counts()[0].difference == 0
