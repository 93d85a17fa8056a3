"""Clones: the whole set-up of an experiment in any status, nothing of what happened to it."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from analytics.models import ExperimentMetric, Metric
from experiments.errors import InvalidInput
from experiments.models import Change, Experiment, Override, Prerequisite, Site
from experiments.services import (
    RampDraft,
    archive_experiment,
    clone_experiment,
    end_experiment,
    open_phase,
    record_decision,
    set_ramp,
    start_experiment,
    waive_check,
)
from experiments.services.cloning import OWN
from tests.experiments.sites import a_ready_site, range_of
from tests.factories import draft_experiment, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_ready_site()


@pytest.fixture
def source(site: Site) -> Experiment:
    """Return a draft in which everything that can be set up is set up."""
    experiment = draft_experiment(
        site,
        allocation=4000,
        hypothesis_change="the list",
        hypothesis_because="it fits",
        expected_direction="decrease",
        unit_type="account",
        fallback_unit_type="visitor",
        is_sticky=True,
        eligibility={"country": "DE"},
        window_days=7,
        monitoring="fixed",
        planned_days=28,
        planned_units=5000,
        mde=0.04,
        owner=member(site, "editor", "olga"),
    )
    set_ramp(
        experiment_id=experiment.pk,
        steps=[RampDraft(5, 0, True), RampDraft(100, 24, False)],
        actor="pia",
    )
    variant = experiment.variants.get(is_control=False)
    Override.objects.create(experiment=experiment, unit_id="v-1", variant=variant, note="Pia")
    ExperimentMetric.objects.create(
        experiment=experiment, metric=Metric.objects.get(key="ctr"), role="primary"
    )
    ExperimentMetric.objects.create(
        experiment=experiment,
        metric=Metric.objects.get(key="conversion"),
        role="guardrail",
        margin=0.02,
    )
    return experiment


def clone(experiment: Experiment, key: str = "again", name: str = "Again") -> Experiment:
    made = clone_experiment(experiment_id=experiment.pk, key=key, name=name, actor="pia")
    return Experiment.objects.get(pk=made.pk)


def set_up_of(experiment: Experiment) -> dict[str, Any]:
    """Return everything of the set-up but what is an experiment's own."""
    fields = [each.name for each in Experiment._meta.concrete_fields if each.name not in OWN]
    start, stop = range_of(experiment)
    return {
        **{name: getattr(experiment, name) for name in fields},
        "variants": list(
            experiment.variants.values("key", "name", "weight", "is_control", "parameters")
        ),
        "buckets": stop - start,
        "ramp": list(experiment.ramp_steps.values("percent", "after_hours", "needs_guardrails")),
        "overrides": list(experiment.overrides.values("unit_id", "variant__key", "note")),
        "metrics": list(
            ExperimentMetric.objects.filter(experiment=experiment)
            .order_by("id")
            .values("metric", "role", "margin")
        ),
    }


def test_clone__of_a_full_draft__has_its_whole_set_up(source: Experiment) -> None:
    copy = clone(source)

    assert set_up_of(copy) == set_up_of(source)
    assert (copy.key, copy.name, copy.status) == ("again", "Again", "draft")
    assert copy.seed != source.seed
    assert {v.pk for v in copy.variants.all()}.isdisjoint(v.pk for v in source.variants.all())
    override = copy.overrides.get()
    assert override.variant.experiment_id == copy.pk


def test_clone__is_on_record_with_its_source(source: Experiment) -> None:
    copy = clone(source)

    change = Change.objects.get(experiment=copy)
    assert (change.action, change.actor, change.after["cloned_from"]) == (
        "create",
        "pia",
        "home-test",
    )


@pytest.mark.parametrize("status", ["running", "ended", "archived"])
def test_clone__of_what_has_run__keeps_the_set_up_and_nothing_that_happened(
    source: Experiment, status: str
) -> None:
    Experiment.objects.filter(pk=source.pk).update(unit_type="visitor", fallback_unit_type="")
    waive_check(experiment_id=source.pk, code="end_date", reason="Why.", actor="pia")
    start_experiment(experiment_id=source.pk, waiver="a test")
    open_phase(experiment_id=source.pk, actor="pia", reason="Why.", weights={"control": 3})
    if status != "running":
        end_experiment(experiment_id=source.pk, actor="pia")
        record_decision(experiment_id=source.pk, outcome="lost", reason="No.", user=None)
    if status == "archived":
        archive_experiment(experiment_id=source.pk, actor="pia")
    source.refresh_from_db()

    copy = clone(source)

    assert set_up_of(copy) == set_up_of(source)
    assert (copy.status, copy.phase, copy.version) == ("draft", 1, 1)
    assert (copy.starts_at, copy.started_at, copy.ended_at) == (None, None, None)
    assert not copy.phases.exists()
    assert not copy.waivers.exists()
    assert not copy.status_changes.exists()
    assert not hasattr(copy, "decision_record")
    assert not copy.ramp_steps.exclude(applied_at=None).exists()


def test_clone__layer_is_full__asks_for_the_same_buckets(site: Site) -> None:
    source = draft_experiment(site, allocation=10_000)
    start_experiment(experiment_id=source.pk, waiver="a test")

    assert range_of(clone(source)) == (0, 10_000)


def test_clone__layer_has_room__asks_for_free_buckets(site: Site) -> None:
    source = draft_experiment(site, allocation=3_000)
    start_experiment(experiment_id=source.pk, waiver="a test")

    assert range_of(clone(source)) == (3_000, 6_000)


def test_clone__with_a_prerequisite__needs_the_same_variants(site: Site) -> None:
    source, required = draft_experiment(site, "source"), draft_experiment(site, "required")
    row = Prerequisite.objects.create(experiment=source, required=required)
    row.variants.set(required.variants.filter(is_control=False))

    needed = clone(source).prerequisites.get()

    assert needed.required == required
    assert [variant.key for variant in needed.variants.all()] == ["treatment"]


def test_clone__key_is_taken__is_refused(source: Experiment) -> None:
    with pytest.raises(InvalidInput, match="there is an experiment 'home-test' already"):
        clone(source, "home-test")
    with pytest.raises(InvalidInput, match="is the key of a placement"):
        clone(source, "home")

    assert Experiment.objects.count() == 1


@pytest.mark.parametrize(("key", "name"), [("no key", "Again"), ("", "Again"), ("again", "")])
def test_clone__bad_key_or_name__is_refused(source: Experiment, key: str, name: str) -> None:
    with pytest.raises(ValidationError):
        clone(source, key, name)

    assert Experiment.objects.count() == 1
