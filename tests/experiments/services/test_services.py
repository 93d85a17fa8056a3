"""Creating sites and experiments, freezing what has run, pausing and ending."""

from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from experiments.errors import InvalidInput, TransitionError
from experiments.models import Experiment, Layer, Site, StatusChange, Variant
from experiments.services import (
    VariantDraft,
    allocate,
    create_experiment,
    create_site,
    end_experiment,
    pause_experiment,
    set_variants,
    start_experiment,
)
from tests.experiments.sites import a_ready_site, range_of, started
from tests.factories import a_site, draft_experiment, two_variants

pytestmark = pytest.mark.django_db
start = partial(start_experiment, waiver="a test")


@pytest.fixture
def site() -> Site:
    return a_ready_site()


# ── sites ───────────────────────────────────────────────────────────────────────────────────────
def test_site__created__has_a_layer_of_its_own_seed_for_each_page() -> None:
    first, second = a_site("first"), a_site("second")

    seeds = list(Layer.objects.values_list("seed", flat=True))
    assert {placement.key for placement in first.placements.all()} == {"home", "product", "cart"}
    assert len(set(seeds)) == len(seeds) == 6
    assert {placement.layer.site_id for placement in second.placements.all()} == {second.pk}


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "UTC\0"])
def test_site__in_no_time_zone__is_refused(zone: str) -> None:
    with pytest.raises(InvalidInput, match="unknown time zone"):
        create_site(slug="shop", name="Shop", timezone_name=zone)

    assert not Site.objects.exists()


def test_site__with_the_slug_of_another__is_refused() -> None:
    a_site("shop")

    with pytest.raises(ValidationError, match="already exists"):
        create_site(slug="shop", name="Shop")


# ── drafts ──────────────────────────────────────────────────────────────────────────────────────
def test_experiment__created__is_a_draft_with_variants_in_order_and_buckets(site: Site) -> None:
    experiment = draft_experiment(site, allocation=2500, eligibility={"country": "DE"})

    assert experiment.status == "draft"
    assert [variant.key for variant in experiment.variants.all()] == ["control", "treatment"]
    assert range_of(experiment) == (0, 2500)
    assert experiment.seed.startswith("home-test:")
    assert not StatusChange.objects.exists()


def test_experiments__of_one_key_on_two_sites__have_seeds_of_their_own(site: Site) -> None:
    other = a_site("other")

    assert draft_experiment(site).seed != draft_experiment(other).seed


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"allocation": 0}, "allocation", "1 to 10000 buckets; 0 asked"),
        ({"allocation": 10_001}, "allocation", "1 to 10000 buckets"),
        ({"eligibility": {"a": {"$near": 1}}}, "eligibility", "a: unknown operator \\$near"),
        ({"eligibility": {"a": {"$regex": "(?=a)"}}}, "eligibility", "plain groups"),
        ({"eligibility": {"a": "\0"}}, "eligibility", "NUL"),
        ({"eligibility": {"a": "\ud800"}}, "eligibility", "cannot be written as JSON"),
        ({"eligibility": {"a": float("inf")}}, "eligibility", "cannot be written as JSON"),
        ({"eligibility": []}, "eligibility", "expected an object"),
    ],
)
def test_experiment__with_a_bad_field__is_refused_and_leaves_nothing(
    site: Site, fields: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as refusal:
        draft_experiment(site, **fields)

    assert refusal.value.field == field
    assert not Experiment.objects.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight": 0}, "variant_weight_positive"),
        ({"weight": 10_001}, "variant_weight_positive"),
        ({"key": "control"}, "already exists"),
        ({"key": "not a slug"}, "slug"),
        ({"is_control": True}, "exactly one control"),
        ({"name": ""}, "blank"),
    ],
)
def test_experiment__with_a_bad_variant__is_refused_and_leaves_nothing(
    site: Site, change: dict[str, Any], message: str
) -> None:
    treatment = {"key": "treatment", "name": "Treatment"} | change
    variants = [two_variants()[0], VariantDraft(**treatment)]

    with pytest.raises(ValidationError, match=message):
        draft_experiment(site, variants=variants)

    assert not Experiment.objects.exists()


def test_experiment__variant_that_no_database_can_hold__is_refused(site: Site) -> None:
    variants = [two_variants()[0], VariantDraft("b", "B", parameters={"note": "\0"})]

    with pytest.raises(InvalidInput, match="NUL") as refusal:
        draft_experiment(site, variants=variants)

    assert refusal.value.field == "variants.parameters"


def test_experiment__on_another_sites_placement__is_refused(site: Site) -> None:
    other = a_site("other")

    with pytest.raises(InvalidInput, match="belongs to another site"):
        create_experiment(
            site=site,
            key="x",
            name="X",
            placement=other.placements.get(key="home"),
            variants=two_variants(),
        )


# ── frozen ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("finish", [None, pause_experiment, end_experiment])
def test_variants_and_traffic__once_it_has_run__are_frozen(site: Site, finish: Any) -> None:
    stale = draft_experiment(site)  # read before the start, as a form in a browser was
    start_experiment(experiment_id=stale.pk, waiver="a test")
    if finish:
        finish(experiment_id=stale.pk)
    before = list(Variant.objects.values("key", "weight", "parameters"))
    assert stale.status == "draft"

    with pytest.raises(InvalidInput, match="frozen: the experiment is"):
        set_variants(experiment=stale, variants=two_variants())
    with pytest.raises(InvalidInput, match="frozen: the experiment is"):
        allocate(experiment=stale, buckets=10)

    assert list(Variant.objects.values("key", "weight", "parameters")) == before
    assert range_of(stale) == (0, 10_000)


# ── pausing and ending ──────────────────────────────────────────────────────────────────────────
def test_pause_resume_end__are_recorded_with_who_and_why(site: Site) -> None:
    running = started(site)

    pause_experiment(experiment_id=running.pk, actor="pia", reason="stock is out")
    resumed = start_experiment(experiment_id=running.pk, actor="pia", waiver="a test")
    ended = end_experiment(experiment_id=running.pk, actor="max", reason="decided")

    changes = StatusChange.objects.values_list("from_status", "to_status", "actor", "reason")
    assert list(changes)[1:] == [
        ("running", "paused", "pia", "stock is out"),
        ("paused", "running", "pia", ""),
        ("running", "ended", "max", "decided"),
    ]
    assert resumed.started_at == running.started_at
    assert ended.ended_at is not None


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([pause_experiment], "cannot pause an experiment that is draft"),
        ([end_experiment], "cannot end an experiment that is draft"),
        ([start, start], "cannot start an experiment that is running"),
        (
            [start, pause_experiment, pause_experiment],
            "cannot pause an experiment that is paused",
        ),
        (
            [start, end_experiment, start],
            "cannot start an experiment that is ended",
        ),
    ],
)
def test_action__that_the_status_forbids__is_refused_and_changes_nothing(
    site: Site, steps: list[Any], message: str
) -> None:
    experiment = draft_experiment(site)
    for step in steps[:-1]:
        step(experiment_id=experiment.pk)
    before = Experiment.objects.values().get()

    with pytest.raises(TransitionError, match=message):
        steps[-1](experiment_id=experiment.pk)

    assert Experiment.objects.values().get() == before
    assert StatusChange.objects.count() == len(steps) - 1
