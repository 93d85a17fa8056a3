"""First exposures, from slates and from claims, in whatever order they arrive."""

from datetime import timedelta
from functools import partial

import pytest

from experiments.drain import drain_once
from experiments.drain.exposures import Sighting, record_exposures
from experiments.models import Exposure, Quarantine, Slate
from experiments.services import end_experiment
from tests.experiments.drain.waiting import (
    a_slate,
    an_event,
    put_events,
    put_slates,
    variants_of,
)
from tests.factories import NOW, a_site, running_experiment

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("hours", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
@pytest.mark.parametrize("is_one_pass", [True, False])
def test_exposure__slates_in_any_order__is_the_earliest(
    hours: tuple[int, ...], is_one_pass: bool
) -> None:
    site = a_site()
    control = variants_of(running_experiment(site))["control"]

    for hour in hours:
        put_slates(a_slate(site, variant=control, at=NOW + hour * HOUR, attributes={"hour": hour}))
        if not is_one_pass:
            drain_once()
    drain_once()

    found = Exposure.objects.get()
    assert (found.first_at, found.attributes, found.is_multiple) == (NOW, {"hour": 0}, False)
    assert found.ts_us == 1_000_000 * round(NOW.timestamp())
    assert found.day == "2026-11-20"


@pytest.mark.parametrize("order", [("control", "treatment"), ("treatment", "control")])
@pytest.mark.parametrize("is_one_pass", [True, False])
@pytest.mark.parametrize("apart", [HOUR, timedelta()])
def test_exposure__two_variants__is_marked_and_keeps_the_first(
    order: tuple[str, str], is_one_pass: bool, apart: timedelta
) -> None:
    site = a_site()
    variants = variants_of(running_experiment(site))
    times = {"control": NOW, "treatment": NOW + apart}

    for key in order:
        put_slates(a_slate(site, variant=variants[key], at=times[key]))
        if not is_one_pass:
            drain_once()
    drain_once()

    found = Exposure.objects.get()
    assert (found.variant.key, found.is_multiple) == ("control", True)


def test_exposure__marked_once__stays_marked() -> None:
    site = a_site()
    variants = variants_of(running_experiment(site))
    for key in ("control", "treatment", "control", "control"):
        put_slates(a_slate(site, variant=variants[key]))
        drain_once()

    assert Exposure.objects.get().is_multiple


def test_sighting__that_tells_nothing_new__is_neither_written_nor_told_of() -> None:
    experiment = running_experiment(a_site())
    control, treatment = (variants_of(experiment)[key] for key in ("control", "treatment"))
    seen = partial(
        Sighting, experiment.pk, 1, "v-1", "visitor", day="2026-11-20", attributes={"x": 1}
    )
    key = (experiment.pk, 1, "v-1")

    told = [
        record_exposures([seen(variant.pk, NOW + hours * HOUR)])
        for variant, hours in [
            (control, 0), (control, 0), (control, 1), (control, -1), (treatment, 1), (treatment, 2),
        ]
    ]  # fmt: skip

    assert told == [{key}, set(), set(), {key}, {key}, set()]
    found = Exposure.objects.get()
    assert (found.first_at, found.variant_id, found.is_multiple) == (NOW - HOUR, control.pk, True)


def test_slate__outside_of_an_experiment__exposes_nobody() -> None:
    site = a_site()
    put_slates(a_slate(site))

    drain_once()

    assert Slate.objects.count() == 1
    assert not Exposure.objects.exists()


def test_slate__of_a_deleted_experiment__is_kept_without_it() -> None:
    site = a_site()
    experiment = running_experiment(site)
    put_slates(a_slate(site, variant=variants_of(experiment)["control"]))
    experiment.delete()

    drain_once()

    assert Slate.objects.get().experiment is None
    assert not Exposure.objects.exists()


def test_slates__document_committed_twice__count_once() -> None:
    site = a_site()
    seen = a_slate(site)
    put_slates(seen)
    put_slates(seen)

    done = drain_once()

    assert (done.batches, done.slates) == (2, 1)
    assert Slate.objects.count() == 1


def variant_of(site_key: str, unit_id: str) -> str:
    """Return the variant that a unit belongs to, by asking the compiled configuration."""
    from experiments import snapshot
    from experiments.assignment.assign import decide_experiment
    from experiments.assignment.specs import UnitIds, Visit

    spec = next(s for s in snapshot.current().sites.values() if s.slug == site_key).published[0]
    variant = decide_experiment(spec, Visit(UnitIds(visitor_id=unit_id), {})).variant
    assert variant is not None
    return variant.key


def test_claim__names_the_units_variant__is_an_exposure() -> None:
    site = a_site()
    experiment = running_experiment(site)
    variant = variant_of("shop", "v-1")
    claim = an_event("exposure", properties={"experiment": experiment.key, "variant": variant})
    put_events(site, claim)

    drain_once()

    found = Exposure.objects.get()
    assert (found.unit_id, found.variant.key, found.first_at) == ("v-1", variant, NOW)
    assert not Quarantine.objects.exists()


@pytest.mark.parametrize(
    ("properties", "detail"),
    [
        ({"experiment": "home-test", "variant": "other"}, "not to the variant claimed"),
        ({"experiment": "home-test"}, "not to the variant claimed"),
        ({"experiment": "nowhere", "variant": "control"}, "unknown experiment"),
        ({}, "unknown experiment"),
        ({"experiment": {"key": 1}, "variant": ["control"]}, "unknown experiment"),
    ],
)
def test_claim__does_not_hold__is_quarantined_with_the_reason(
    properties: dict[str, object], detail: str
) -> None:
    site = a_site()
    running_experiment(site)
    put_events(site, an_event("exposure", properties=properties))

    drain_once()

    assert not Exposure.objects.exists()
    kept = Quarantine.objects.get()
    assert kept.code == "exposure_mismatch"
    assert detail in kept.detail


def test_claim__of_another_sites_experiment__is_unknown() -> None:
    site, other = a_site("shop"), a_site("other")
    experiment = running_experiment(site)
    variant = variant_of("shop", "v-1")
    claim = an_event("exposure", properties={"experiment": experiment.key, "variant": variant})
    put_events(other, claim)

    drain_once()

    assert not Exposure.objects.exists()
    assert Quarantine.objects.get().site == other


def test_claim__after_the_end__is_quarantined() -> None:
    site = a_site()
    experiment = running_experiment(site)
    variant = variant_of("shop", "v-1")
    end_experiment(experiment_id=experiment.pk)
    claim = an_event("exposure", properties={"experiment": experiment.key, "variant": variant})
    put_events(site, claim)

    drain_once()

    assert not Exposure.objects.exists()
    assert "ENDED" in Quarantine.objects.get().detail


def test_claim__clock_runs_ahead__exposes_at_arrival() -> None:
    site = a_site()
    experiment = running_experiment(site)
    claim = an_event(
        "exposure",
        at=NOW + timedelta(days=3),
        properties={"experiment": experiment.key, "variant": variant_of("shop", "v-1")},
    )
    put_events(site, claim)

    drain_once()

    assert Exposure.objects.get().first_at == NOW


def test_claim__unit_known_by_its_slate_only__is_an_exposure() -> None:
    site = a_site()
    experiment = running_experiment(site)
    seen = a_slate(site, visitor_id="v-1")
    claim = an_event(
        "exposure",
        unit={},
        request_id=str(seen.request_id),
        properties={"experiment": experiment.key, "variant": variant_of("shop", "v-1")},
    )
    put_slates(seen)
    put_events(site, claim)

    drain_once()

    assert Exposure.objects.get().unit_id == "v-1"
