"""The launch checks of this room: what each finds, what it says, where it is mended."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from experiments.launching import own_checks
from experiments.models import Allocation, Experiment, Prerequisite, Site, Variant
from experiments.registries import Check
from experiments.services import (
    VariantDraft,
    create_experiment,
    end_experiment,
    pause_experiment,
    set_variants,
    start_experiment,
)
from tests.analytics.rows import slate
from tests.experiments.sites import a_ready_site
from tests.factories import NOW, a_site, draft_experiment, member, two_variants

pytestmark = pytest.mark.django_db

STEPS = {"question", "variants", "traffic", "audience", "metrics", "duration", "checks"}


@pytest.fixture
def site() -> Site:
    return a_site()


def check_of(experiment: Experiment, code: str) -> Check:
    fresh = Experiment.objects.get(pk=experiment.pk)
    [found] = [check for check in own_checks(fresh) if check.code == code]
    return found


def in_cart(site: Site, key: str = "in-cart", **fields: Any) -> Experiment:
    return create_experiment(
        site=site,
        key=key,
        name="In the cart",
        placement=site.placements.get(key="cart"),
        variants=two_variants(),
        **fields,
    )


def change(**fields: Any) -> Callable[[Experiment], object]:
    return lambda experiment: Experiment.objects.filter(pk=experiment.pk).update(**fields)


def test_own_checks__of_a_plain_draft__each_has_a_code_a_link_and_a_fix(site: Site) -> None:
    checks = own_checks(draft_experiment(site))

    assert len({check.code for check in checks}) == len(checks)
    assert {check.link for check in checks} <= STEPS
    assert all(check.fix for check in checks if not check.passed)
    assert all(check.detail for check in checks)


@pytest.mark.parametrize(
    ("spoil", "code", "detail"),
    [
        (lambda e: e.variants.filter(is_control=False).delete(), "variants", "1 configured"),
        (lambda e: e.variants.update(is_control=False), "control", "0 marked as control"),
        (lambda e: Allocation.objects.all().delete(), "traffic", "no buckets"),
        (change(eligibility={"a": {"$near": 1}}), "eligibility", "unknown operator $near"),
        (change(ends_at=NOW - timedelta(days=400)), "dates", "to 2025-10-16 12:00"),
        (
            change(
                starts_at=timezone.now() + timedelta(days=3),
                ends_at=timezone.now() + timedelta(days=2),
            ),
            "dates",
            "from ",
        ),
    ],
)
def test_hard_check__spoilt_set_up__fails_with_the_figures(
    site: Site, spoil: Callable[[Experiment], object], code: str, detail: str
) -> None:
    experiment = draft_experiment(site)
    assert check_of(experiment, code).passed

    spoil(experiment)

    check = check_of(experiment, code)
    assert (check.passed, check.is_hard) == (False, True)
    assert detail in check.detail


def test_weights__one_far_below_the_others__gets_no_unit(site: Site) -> None:
    a, b = two_variants()
    tiny = VariantDraft(key="tiny", name="Tiny", weight=1)
    heavy = [VariantDraft(**{**_fields(each), "weight": 10_000}) for each in (a, b)]
    experiment = draft_experiment(site, variants=[*heavy, tiny])

    check = check_of(experiment, "weights")

    assert not check.passed
    assert check.detail == "Tiny gets no unit: Control 50 %, Treatment 50 %, Tiny 0 %"


def _fields(draft: VariantDraft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in ("key", "name", "is_control", "parameters")}


def test_traffic__layer_is_taken__names_the_holder() -> None:
    site = a_ready_site()
    mine = draft_experiment(site, "mine")
    start_experiment(experiment_id=draft_experiment(site, "theirs").pk, waiver="a test")

    check = check_of(mine, "traffic")

    assert not check.passed
    assert "held by theirs" in check.detail


# ── prerequisites ───────────────────────────────────────────────────────────────────────────────


def require(experiment: Experiment, required: Experiment, *variants: Variant) -> Prerequisite:
    row = Prerequisite.objects.create(experiment=experiment, required=required)
    row.variants.set(variants or list(required.variants.filter(is_control=False)))
    return row


def test_prerequisite__running_in_another_layer__can_be_met() -> None:
    site = a_ready_site()
    experiment, required = in_cart(site), draft_experiment(site, "first")
    start_experiment(experiment_id=required.pk, waiver="a test")
    require(experiment, required)

    assert check_of(experiment, "prerequisites").passed


def test_prerequisite__not_started__cannot_be_met(site: Site) -> None:
    experiment = in_cart(site)
    require(experiment, draft_experiment(site, "first"))

    check = check_of(experiment, "prerequisites")

    assert not check.passed
    assert check.detail == "first is draft: no unit is in it"


def test_prerequisite__ended__cannot_be_met() -> None:
    site = a_ready_site()
    experiment, required = in_cart(site), draft_experiment(site, "first")
    require(experiment, required)
    start_experiment(experiment_id=required.pk, waiver="a test")
    end_experiment(experiment_id=required.pk, actor="pia")

    assert "first is ended" in check_of(experiment, "prerequisites").detail


def test_prerequisite__in_the_same_layer__cannot_be_met() -> None:
    site = a_ready_site()
    required = draft_experiment(site, "first", allocation=5000)
    start_experiment(experiment_id=required.pk, waiver="a test")
    experiment = draft_experiment(site, "second", allocation=5000)
    require(experiment, required)

    assert "no unit is in both" in check_of(experiment, "prerequisites").detail


def test_prerequisites__lead_back__are_refused(site: Site) -> None:
    a, b = in_cart(site), draft_experiment(site, "b")
    require(a, b)
    require(b, a)

    assert "lead back to this experiment" in check_of(a, "prerequisites").detail


def test_prerequisites__a_ring_further_on__are_refused(site: Site) -> None:
    a, b, c = in_cart(site), draft_experiment(site, "b", allocation=10), in_cart(site, "c")
    require(a, b)
    require(b, c)
    require(c, b)

    assert "more than 8 experiments" in check_of(a, "prerequisites").detail


def test_prerequisite__of_another_site_or_without_variants__is_refused(site: Site) -> None:
    a = in_cart(site)
    foreign = draft_experiment(a_site("other"), "foreign")
    require(a, foreign)
    assert "foreign belongs to another site" in check_of(a, "prerequisites").detail

    Prerequisite.objects.all().delete()
    near = draft_experiment(site, "near")
    Experiment.objects.filter(pk=near.pk).update(status="scheduled")
    Prerequisite.objects.create(experiment=a, required=near)
    assert "no variant of near is chosen" in check_of(a, "prerequisites").detail


# ── warnings ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "passed"),
    [
        ({}, False),
        ({"hypothesis": "   "}, False),
        ({"hypothesis_change": "the list"}, False),
        ({"hypothesis_because": "it fits"}, False),
        ({"hypothesis": "If we change the list, revenue rises."}, True),
        ({"hypothesis_change": "the list", "hypothesis_because": "it fits"}, True),
    ],
)
def test_hypothesis__stated_or_not__is_told(
    site: Site, fields: dict[str, Any], passed: bool
) -> None:
    check = check_of(draft_experiment(site, **fields), "hypothesis")

    assert (check.passed, check.is_hard) == (passed, False)


def test_owner__none_or_gone__is_a_warning(site: Site) -> None:
    experiment = draft_experiment(site)
    assert not check_of(experiment, "owner").passed

    owner = member(site, "editor")
    change(owner=owner)(experiment)
    assert check_of(experiment, "owner").detail == "sam"

    owner.is_active = False
    owner.save()
    assert not check_of(experiment, "owner").passed


def test_end_date__missing__says_it_runs_on(site: Site) -> None:
    experiment = draft_experiment(site, planned_days=21)
    check = check_of(experiment, "end_date")
    assert (check.passed, check.is_hard) == (False, False)
    assert "planned for 21 days" in check.detail

    change(ends_at=timezone.now() + timedelta(days=21))(experiment)
    assert check_of(experiment, "end_date").passed


@pytest.mark.parametrize(("days", "passed"), [(7, False), (14, True), (15, False), (28, True)])
def test_whole_weeks__planned_or_by_the_end_date__are_told(
    site: Site, days: int, passed: bool
) -> None:
    planned = draft_experiment(site, "planned", planned_days=days)
    dated = draft_experiment(site, "dated", planned_days=10)
    change(ends_at=timezone.now() + timedelta(days=days))(dated)

    assert check_of(planned, "whole_weeks").passed is passed
    assert check_of(dated, "whole_weeks").passed is passed
    assert check_of(dated, "whole_weeks").detail == f"{days} days"


def test_same_everywhere__an_a_a_test__is_a_warning(site: Site) -> None:
    experiment = draft_experiment(site, variants=two_variants("popularity", "popularity"))

    check = check_of(experiment, "same_everywhere")

    assert (check.passed, check.is_hard) == (False, False)
    assert "A/A" in check.detail


def test_same_everywhere__one_shows_the_placements_default__compares_with_that(site: Site) -> None:
    control, treatment = two_variants("popularity", "popularity")
    empty = VariantDraft(key="control", name="Control", is_control=True)
    experiment = draft_experiment(site, variants=[empty, treatment])
    assert not check_of(experiment, "same_everywhere").passed

    set_variants(experiment=experiment, variants=[control, two_variants()[1]])
    assert check_of(experiment, "same_everywhere").passed


def test_overlap__in_another_layer__names_it_with_its_share_of_units() -> None:
    site = a_ready_site()
    running = draft_experiment(site, "on-home", allocation=2_500)
    start_experiment(experiment_id=running.pk, waiver="a test")
    experiment = in_cart(site)

    check = check_of(experiment, "overlap")

    assert (check.passed, check.is_hard) == (False, False)
    assert check.detail == "On Home (Home page): 25 % of the units"
    pause_experiment(experiment_id=running.pk)
    assert not check_of(experiment, "overlap").passed
    end_experiment(experiment_id=running.pk, actor="pia")
    assert check_of(experiment, "overlap").detail == "no other experiment runs"


def test_overlap__in_the_same_layer__shares_no_unit() -> None:
    site = a_ready_site()
    running = draft_experiment(site, "first", allocation=2_500)
    start_experiment(experiment_id=running.pk, waiver="a test")

    check = check_of(draft_experiment(site, "second", allocation=2_500), "overlap")

    assert check.passed
    assert check.detail == "First: none, same layer"


def test_overlap__with_the_experiment_it_builds_on__is_wanted() -> None:
    site = a_ready_site()
    required = draft_experiment(site, "first")
    start_experiment(experiment_id=required.pk, waiver="a test")
    experiment = in_cart(site)
    require(experiment, required)

    assert check_of(experiment, "overlap").passed


def test_tester__met_none_some_or_all_variants__is_told(site: Site) -> None:
    experiment = draft_experiment(site)
    control, treatment = experiment.variants.all()
    slate(control, "v-1", NOW, reason="SPLIT").save()
    assert not check_of(experiment, "qa_exposure").passed

    slate(control, "v-2", NOW, reason="QA").save()
    assert check_of(experiment, "qa_exposure").passed
    assert check_of(experiment, "qa_exposure").detail == "lists were served; not yet of Treatment"

    slate(treatment, "v-3", NOW, reason="OVERRIDE").save()
    assert check_of(experiment, "qa_exposure").detail == "in every variant"
