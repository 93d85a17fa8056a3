"""Starting an experiment: what is checked, which buckets it gets, what is pinned."""

import dataclasses
from typing import Any

import pytest

from experiments.errors import AllocationError, LaunchRefused
from experiments.models import Allocation, Experiment, Site, StatusChange, Variant
from experiments.services import (
    create_experiment,
    end_experiment,
    launch_checks,
    pause_experiment,
    start_experiment,
)
from recommenders.models import Recommender
from tests.experiments.sites import a_ready_site, range_of, started
from tests.factories import a_site, draft_experiment, stocked, trained, two_variants

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_ready_site()


def test_start__of_a_sound_draft__runs_is_recorded_and_pins_the_artifacts(site: Site) -> None:
    experiment = draft_experiment(site)

    running = start_experiment(experiment_id=experiment.pk, actor="pia", waiver="a test")

    champion = Recommender.objects.get(site=site, key="random").champion
    assert champion is not None
    assert running.status == "running"
    assert running.started_at is not None
    change = StatusChange.objects.get()
    assert (change.from_status, change.to_status, change.actor) == ("draft", "running", "pia")
    treatment = Variant.objects.get(experiment=running, key="treatment")
    assert treatment.parameters == {
        "recommender": "random",
        "artifact": champion.full_name,
        "rerank": {"defaults": False},
    }


def test_start__artifact_named_already__keeps_it_when_a_newer_one_is_trained(site: Site) -> None:
    running = started(site)
    pinned = running.variants.get(key="treatment").parameters["artifact"]

    newer = trained(site, "random")[0].full_name
    pause_experiment(experiment_id=running.pk)
    start_experiment(experiment_id=running.pk, waiver="a test")

    assert newer != pinned
    assert running.variants.get(key="treatment").parameters["artifact"] == pinned


@pytest.mark.parametrize(
    ("spoil", "reason", "fix"),
    [
        (
            lambda e: e.variants.filter(key="treatment").delete(),
            "At least two variants: 1 configured",
            "Add a control and at least one treatment.",
        ),
        (
            lambda e: e.variants.update(is_control=False),
            "Exactly one control: 0 marked as control",
            "Mark one variant as the control.",
        ),
        (
            lambda e: Experiment.objects.update(eligibility={"a": {"$near": 1}}),
            "Eligibility can be evaluated: a: unknown operator $near",
            "Correct the condition.",
        ),
        (
            lambda e: Allocation.objects.all().delete(),
            "Traffic is allocated: no buckets",
            "Allocate a share of units.",
        ),
        (
            lambda e: e.variants.filter(key="treatment").update(parameters={"recommender": "nope"}),
            "Treatment can be served: ",
            "Train the recommender, or choose another.",
        ),
    ],
    ids=["one variant", "no control", "bad condition", "no traffic", "unknown recommender"],
)
def test_start__of_an_unsound_draft__is_refused_with_the_reason_and_the_fix(
    site: Site, spoil: Any, reason: str, fix: str
) -> None:
    experiment = draft_experiment(site)
    spoil(experiment)

    with pytest.raises(LaunchRefused) as refusal:
        start_experiment(experiment_id=experiment.pk, waiver="a test")

    assert reason in str(refusal.value)
    assert refusal.value.hint is not None
    assert fix in refusal.value.hint
    assert Experiment.objects.get().status == "draft"
    assert not StatusChange.objects.exists()


def test_start__of_a_draft_with_two_mistakes__names_both(site: Site) -> None:
    experiment = draft_experiment(site)
    experiment.variants.update(is_control=False)
    Allocation.objects.all().delete()

    with pytest.raises(LaunchRefused, match=r"0 marked as control; .*no buckets"):
        start_experiment(experiment_id=experiment.pk, waiver="a test")


def test_start__buckets_taken_meanwhile__moves_to_free_ones(site: Site) -> None:
    first = draft_experiment(site, "first", allocation=4000)
    second = draft_experiment(site, "second", allocation=4000)
    assert range_of(first) == range_of(second) == (0, 4000)

    start_experiment(experiment_id=first.pk, waiver="a test")
    running = start_experiment(experiment_id=second.pk, waiver="a test")

    assert range_of(first) == (0, 4000)
    assert range_of(second) == (4000, 8000)
    assert running.allocation.start == 4000


def test_start__layer_is_full__is_refused_and_says_who_holds_the_buckets(site: Site) -> None:
    started(site, "first", allocation=7000)
    second = draft_experiment(site, "second", allocation=3000)
    Allocation.objects.filter(experiment=second).update(stop=10_000, start=6000)

    with pytest.raises(LaunchRefused) as refusal:
        start_experiment(experiment_id=second.pk, waiver="a test")

    assert str(refusal.value) == (
        "Traffic is free: the layer has no 4000 free buckets in a row; the largest gap has 3000;"
        " held by first"
    )
    assert refusal.value.hint == "Lower the share, or end an experiment of this layer."


def test_start__paused_experiment_holds_its_buckets__goes_beside_it(site: Site) -> None:
    first = started(site, "first", allocation=5000)
    pause_experiment(experiment_id=first.pk)

    second = started(site, "second", allocation=5000)
    start_experiment(experiment_id=first.pk, waiver="a test")

    assert range_of(second) == (5000, 10_000)
    with pytest.raises(AllocationError, match="the largest gap has 0"):
        draft_experiment(site, "third", allocation=1)


def test_end__frees_the_buckets(site: Site) -> None:
    first = started(site, "first")
    with pytest.raises(AllocationError):
        draft_experiment(site, "second")

    end_experiment(experiment_id=first.pk)

    assert range_of(started(site, "second")) == (0, 10_000)


def test_start__placement_has_moved_to_another_layer__takes_buckets_of_that_one(
    site: Site,
) -> None:
    experiment = draft_experiment(site, allocation=5000)
    placement = site.placements.get(key="home")
    placement.layer = site.layers.get(key="cart")
    placement.save()

    start_experiment(experiment_id=experiment.pk, waiver="a test")

    assert Allocation.objects.get().layer.key == "cart"


def test_layers__are_independent__each_lends_all_its_buckets(site: Site) -> None:
    home = started(site, "on-home")
    cart = create_experiment(
        site=site,
        key="in-cart",
        name="In the cart",
        placement=site.placements.get(key="cart"),
        variants=two_variants(),
    )

    start_experiment(experiment_id=cart.pk, waiver="a test")

    assert range_of(home) == range_of(cart) == (0, 10_000)


def test_launch_checks__of_a_sound_draft__no_hard_one_fails_and_each_says_what_it_found(
    site: Site,
) -> None:
    checks = launch_checks(draft_experiment(site, allocation=1000))

    assert [check.name for check in checks if check.is_hard and not check.passed] == []
    assert "buckets 0–1000 of 10 000" in [check.detail for check in checks]


def test_start__variant_without_parameters__keeps_the_placements_of_that_moment() -> None:
    site = a_site()
    stocked(site)
    trained(site, "popularity", "random")
    placement = site.placements.get(key="home")
    placement.parameters = {"recommender": "random"}
    placement.save()
    control, treatment = two_variants()
    drafts = [dataclasses.replace(control, parameters={}), treatment]

    running = start_experiment(
        experiment_id=draft_experiment(site, variants=drafts).pk, waiver="a test"
    )
    placement.parameters = {"recommender": "popularity"}
    placement.save()

    assert running.variants.get(is_control=True).parameters["recommender"] == "random"


def test_start__placements_default_is_not_trained__is_refused() -> None:
    site = a_site()
    stocked(site)
    trained(site, "random")
    control, treatment = two_variants()
    drafts = [dataclasses.replace(control, parameters={}), treatment]

    with pytest.raises(LaunchRefused, match="popularity has not been trained"):
        start_experiment(experiment_id=draft_experiment(site, variants=drafts).pk, waiver="a test")
