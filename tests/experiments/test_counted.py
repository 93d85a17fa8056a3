"""Who counts as a unit and as which, from the question over the HTTP API to the exposure."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from experiments.drain import drain_once
from experiments.models import Experiment, Exposure, Phase, Quarantine, Site
from experiments.services import (
    close_enrolment,
    end_experiment,
    kill_experiment,
    open_phase,
    pause_experiment,
    ramp_to,
)
from tests.callers import Caller, an_event, caller_for
from tests.factories import a_site, running_experiment

pytestmark = pytest.mark.django_db
VISITORS = [f"v-{number}" for number in range(40)]
SHARES = {"control": 1, "treatment": 9}


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def caller(site: Site) -> Caller:
    return caller_for(site)


def asked(caller: Caller, **fields: Any) -> dict[str, Any]:
    """Return what one question says of the first experiment; nothing is recorded."""
    response = caller.post("assignments", fields)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()["assignments"][0]
    return found


def served(caller: Caller, visitor: str, **fields: Any) -> dict[str, Any]:
    """Return what a served list says of its experiment, once it is applied."""
    body = {"placement": "home", "unit": {"visitor_id": visitor}} | fields
    response = caller.post("recommendations", body)
    assert response.status_code == 200, response.content
    drain_once()
    found: dict[str, Any] = response.json()["experiment"]
    return found


def claimed(caller: Caller, visitor: str, variant: str, *, at: Any = None) -> None:
    """Claim that a page of the shop's own showed a variant."""
    event = an_event(
        "exposure",
        unit={"visitor_id": visitor},
        occurred_at=(at or timezone.now()).isoformat(),
        properties={"experiment": "home-test", "variant": variant},
    )
    assert caller.post("events", {"events": [event]}).status_code == 202
    drain_once()


def variants_now(caller: Caller) -> dict[str, str]:
    """Return the variant of each visitor."""
    return {visitor: asked(caller, unit={"visitor_id": visitor})["variant"] for visitor in VISITORS}


def counted() -> set[str]:
    return set(Exposure.objects.values_list("unit_id", flat=True))


def sticky(site: Site) -> Experiment:
    return running_experiment(
        site, unit_type="account", fallback_unit_type="visitor", is_sticky=True
    )


def test_token__of_a_visitor__keeps_the_visitor_over_the_sign_in(
    site: Site, caller: Caller
) -> None:
    sticky(site)
    before = asked(caller, unit={"visitor_id": "v-1"})

    for number in range(20):
        both = {"visitor_id": "v-1", "account_id": f"a-{number}"}
        after = asked(caller, unit=both, kept=[before["kept_token"]])
        assert (after["variant"], after["unit_type"]) == (before["variant"], "visitor")
        assert after["kept_token"]  # to be handed on; it tells its second, so it may differ


@pytest.mark.parametrize("path", ["assignments", "recommendations"])
def test_token__of_who_is_signed_in__is_not_given_so_that_two_accounts_stay_two(
    site: Site, caller: Caller, path: str
) -> None:
    sticky(site)
    body = {"placement": "home"} if path == "recommendations" else {}

    answer = caller.post(path, body | {"unit": {"account_id": "a-1", "visitor_id": "v-1"}}).json()

    found = answer["assignments"][0] if path == "assignments" else answer
    assert found.get("kept_token") is None
    assert "in_experiment" not in found or found["in_experiment"]


@pytest.mark.parametrize("stop", [pause_experiment, end_experiment, kill_experiment])
def test_unit__after_the_run__counts_nowhere(site: Site, caller: Caller, stop: Any) -> None:
    experiment = running_experiment(site)
    variants = variants_now(caller)
    stop(experiment_id=experiment.pk, actor="ann", reason="a test")

    answer = served(caller, "v-1")
    claimed(caller, "v-2", variants["v-2"])

    assert answer["variant"] is None
    assert not answer["in_experiment"]
    assert counted() == set()
    assert Quarantine.objects.get().code == "exposure_mismatch"


def test_unit__beyond_the_open_share__counts_only_once_it_is_open(
    site: Site, caller: Caller
) -> None:
    experiment = running_experiment(site)
    ramp_to(experiment_id=experiment.pk, percent=50, actor="ann", reason="too fast")
    inside = {visitor for visitor in VISITORS if served(caller, visitor)["in_experiment"]}
    assert counted() == inside
    assert 0 < len(inside) < len(VISITORS)

    ramp_to(experiment_id=experiment.pk, percent=100, actor="ann")
    assert all(served(caller, visitor)["in_experiment"] for visitor in VISITORS)
    assert counted() == set(VISITORS)


def test_unit__that_was_in_before_the_share_was_lowered__stays_counted_and_is_served_no_more(
    site: Site, caller: Caller
) -> None:
    experiment = running_experiment(site)
    for visitor in VISITORS:
        served(caller, visitor)

    ramp_to(experiment_id=experiment.pk, percent=10, actor="ann", reason="it harms")

    outside = [visitor for visitor in VISITORS if not served(caller, visitor)["in_experiment"]]
    assert outside
    assert counted() == set(VISITORS)
    assert not Exposure.objects.filter(is_multiple=True).exists()


def test_unit__first_seen_after_the_enrolment__is_served_its_variant_and_left_out(
    site: Site, caller: Caller
) -> None:
    experiment = running_experiment(site)
    served(caller, "v-1")
    close_enrolment(experiment_id=experiment.pk, actor="ann")

    answers = [served(caller, visitor) for visitor in ("v-1", "v-2")]
    claimed(caller, "v-3", variants_now(caller)["v-3"])

    assert all(answer["variant"] for answer in answers)
    assert counted() == {"v-1"}


def test_claim__that_comes_after_a_new_phase__belongs_to_the_phase_it_happened_in(
    site: Site, caller: Caller
) -> None:
    experiment = running_experiment(site)
    old = variants_now(caller)
    Phase.objects.update(started_at=timezone.now() - timedelta(hours=2))
    open_phase(experiment_id=experiment.pk, actor="ann", reason="a test", weights=SHARES)
    new = variants_now(caller)
    moved = next(visitor for visitor in VISITORS if old[visitor] != new[visitor])

    claimed(caller, moved, old[moved], at=timezone.now() - timedelta(hours=1))
    claimed(caller, moved, new[moved])

    found = Exposure.objects.order_by("phase").values_list("phase", "variant__key", "is_multiple")
    assert list(found) == [(1, old[moved], False), (2, new[moved], False)]
    assert not Quarantine.objects.exists()


def test_claim__of_the_past_by_the_present_split__is_set_aside(site: Site, caller: Caller) -> None:
    experiment = running_experiment(site)
    old = variants_now(caller)
    Phase.objects.update(started_at=timezone.now() - timedelta(hours=2))
    open_phase(experiment_id=experiment.pk, actor="ann", reason="a test", weights=SHARES)
    new = variants_now(caller)
    moved = next(visitor for visitor in VISITORS if old[visitor] != new[visitor])

    claimed(caller, moved, new[moved], at=timezone.now() - timedelta(hours=1))

    assert counted() == set()
    assert Quarantine.objects.get().code == "exposure_mismatch"
