"""Editing a set-up: versions, conflicts, what is frozen, and what is put on record."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from experiments.errors import AllocationError, EditConflict, InvalidInput
from experiments.models import Change, Experiment, Site, Variant
from experiments.services import (
    RampDraft,
    VariantDraft,
    edit_experiment,
    end_experiment,
    set_variants,
)
from tests.experiments.sites import a_ready_site, range_of, started
from tests.factories import a_site, draft_experiment, two_variants

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_ready_site()


@pytest.fixture
def draft(site: Site) -> Experiment:
    return draft_experiment(site, allocation=4000)


def edit(experiment: Experiment, version: int = 1, actor: str = "ann", **changes: Any) -> Any:
    return edit_experiment(
        experiment_id=experiment.pk, actor=actor, version=version, changes=changes
    )


def test_edit__of_several_fields__raises_the_version_once_and_records_only_them(
    draft: Experiment,
) -> None:
    owner = User.objects.create_user("olga")

    edited = edit(draft, name="New", owner=owner, planned_days=14, mde=0.1)

    assert (edited.version, edited.name, edited.owner) == (2, "New", owner)
    change = Change.objects.latest("id")
    assert (change.action, change.actor, change.subject) == ("edit", "ann", "experiment home-test")
    assert change.before == {"version": 1, "name": "Home Test", "owner": None, "mde": None}
    assert change.after == {"version": 2, "name": "New", "owner": "olga", "mde": 0.1}


def test_edit__that_changes_nothing__leaves_version_and_record(draft: Experiment) -> None:
    records = Change.objects.count()

    assert edit(draft, name=draft.name, variants=two_variants()).version == 1
    assert Change.objects.count() == records


def test_edit__of_parts__rewrites_variants_buckets_and_ramp(draft: Experiment) -> None:
    control = draft.variants.get(key="control")
    drafts = [
        VariantDraft("new", "New", 3, is_control=True),
        VariantDraft("control", "Old control", 1, parameters={"recommender": "random"}),
    ]

    edit(draft, variants=drafts, allocation=500, ramp=[RampDraft(1), RampDraft(100, 24)])

    rows = Variant.objects.filter(experiment=draft).order_by("position")
    assert list(rows.values_list("key", "weight", "is_control")) == [
        ("new", 3, True), ("control", 1, False),
    ]  # fmt: skip
    assert rows[1].pk == control.pk  # what testers saw of it stays
    assert range_of(draft) == (0, 500)
    assert list(draft.ramp_steps.values_list("percent", "after_hours")) == [(1, 0), (100, 24)]


def test_edit__to_a_placement_of_another_layer__takes_buckets_there(
    site: Site, draft: Experiment
) -> None:
    cart = site.placements.get(key="cart")

    edited = edit(draft, placement=cart)

    assert edited.allocation.layer == cart.layer
    assert range_of(draft) == (0, 4000)


def test_edit__of_a_version_that_is_gone__is_refused_with_the_three_way_difference(
    draft: Experiment,
) -> None:
    edit(draft, actor="ben", name="Ben's", planned_days=21)
    edit(draft, 2, actor="ben", name="Ben's second")

    with pytest.raises(
        EditConflict, match="you edit version 1; it is at version 3, changed by ben"
    ) as conflict:
        edit(draft, name="Ann's", mde=0.1)

    assert sorted(conflict.value.diff) == [
        ("mde", 0.1, None),
        ("name", "Ann's", "Ben's second"),
        ("planned_days", 14, 21),
    ]
    assert conflict.value.base == {"mde": None, "name": "Home Test", "planned_days": 14}
    assert conflict.value.version == 3
    assert Experiment.objects.get().name == "Ben's second"


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"status": "running"}, "status", "unknown field"),
        ({"seed": "mine"}, "seed", "unknown field"),
        ({"eligibility": {"a": {"$near": 1}}}, "eligibility", "near"),
        ({"ends_at": datetime(2020, 1, 1, tzinfo=UTC)}, "ends_at", "is not ahead"),
        ({"ends_at": datetime(2030, 1, 1)}, "ends_at", "needs a time zone"),
        ({"key": "home"}, "key", "the key of a placement"),
        ({"ramp": [RampDraft(5), RampDraft(5)]}, "ramp", "a step to 5 % after one at 5 %"),
        ({"ramp": [RampDraft(0)]}, "ramp", "a step to 0 %"),
        ({"ramp": [RampDraft(1, -1)]}, "ramp", "-1 hours"),
        ({"name": "a\0"}, "name", "NUL"),
    ],
)
def test_edit__with_a_bad_value__is_refused_and_changes_nothing(
    draft: Experiment, changes: dict[str, Any], field: str, message: str
) -> None:
    before, records = Experiment.objects.values().get(), Change.objects.count()

    with pytest.raises((InvalidInput, ValidationError), match=message) as refusal:
        edit(draft, **{"window_days": 7, **changes})

    assert getattr(refusal.value, "field", None) == field
    assert Experiment.objects.values().get() == before
    assert Change.objects.count() == records


def test_edit__to_another_sites_placement__is_refused(draft: Experiment) -> None:
    elsewhere = a_site("other").placements.get(key="home")

    with pytest.raises(InvalidInput, match="another site"):
        edit(draft, placement=elsewhere)


def test_edit__to_more_than_the_layer_has__is_refused(site: Site, draft: Experiment) -> None:
    started(site, "first", allocation=7000)

    with pytest.raises(AllocationError, match="no 5000 free buckets"):
        edit(draft, allocation=5000)


@pytest.mark.parametrize(
    ("changes", "is_open"),
    [
        ({"name": "New"}, True),
        ({"hypothesis": "If …"}, True),
        ({"ends_at": timezone.now() + timedelta(days=9)}, True),
        ({"window_days": 3}, False),
        ({"eligibility": {"country": "DE"}}, False),
        ({"variants": two_variants()}, False),
        ({"allocation": 10}, False),
        ({"ramp": []}, False),
        ({"unit_type": "account"}, False),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_edit__of_what_runs__leaves_what_decides_frozen(
    site: Site, changes: dict[str, Any], is_open: bool
) -> None:
    running = started(site)

    if is_open:
        assert edit(running, **changes).version == 2
        return
    with pytest.raises(InvalidInput, match="is frozen: the experiment is running"):
        edit(running, **changes)


def test_edit__of_what_is_over__leaves_the_hypothesis_as_it_was(site: Site) -> None:
    over = end_experiment(experiment_id=started(site).pk)

    with pytest.raises(InvalidInput, match="hypothesis is frozen: the experiment is ended"):
        edit(over, hypothesis="It was to rise all along.")
    assert edit(over, name="Better said").version == 2


def test_variants__set_alone__are_on_record_with_their_author(draft: Experiment) -> None:
    drafts = [*two_variants(), VariantDraft("third", "Third")]

    set_variants(experiment=draft, variants=drafts, actor="ann", reason="a third idea")

    change = Change.objects.latest("id")
    assert (change.action, change.actor, change.reason) == ("variants", "ann", "a third idea")
    assert [row["key"] for row in change.after["variants"]] == ["control", "treatment", "third"]
    assert [row["key"] for row in change.before["variants"]] == ["control", "treatment"]


def test_creation__is_on_record_with_what_was_said(site: Site) -> None:
    ann = User.objects.create_user("ann")

    draft_experiment(site, created_by=ann, planned_days=21)

    change = Change.objects.get(subject="experiment home-test")
    assert (change.action, change.actor, change.before) == ("create", "ann", {})
    assert change.after["planned_days"] == 21
    assert "window_days" not in change.after  # left as it comes
