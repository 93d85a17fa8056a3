"""Prerequisites, overrides and metrics: replaced, on record, refused where they cannot be."""

import pytest

from experiments.desks import MetricUse
from experiments.errors import InvalidInput
from experiments.models import Change, Experiment, Variant
from experiments.services import (
    OverrideDraft,
    choose_metrics,
    set_overrides,
    set_prerequisites,
)
from tests.factories import a_site, draft_experiment, running_experiment

pytestmark = pytest.mark.django_db


def variant_of(experiment: Experiment, key: str) -> int:
    """Return the id of a variant."""
    return Variant.objects.get(experiment=experiment, key=key).pk


def test_prerequisites__of_two_experiments__are_one_row_each_with_their_variants() -> None:
    site = a_site()
    first, second = draft_experiment(site, "first"), draft_experiment(site, "second")
    experiment = draft_experiment(site)
    ids = [
        variant_of(first, "control"),
        variant_of(first, "treatment"),
        variant_of(second, "control"),
    ]

    set_prerequisites(experiment_id=experiment.pk, variant_ids=ids, actor="ines")

    found = {
        row.required.key: {v.key for v in row.variants.all()}
        for row in experiment.prerequisites.all()
    }
    assert found == {"first": {"control", "treatment"}, "second": {"control"}}
    change = Change.objects.get(experiment=experiment, action="edit")
    assert (change.actor, change.after["version"]) == ("ines", 2)


def test_prerequisites__the_same_again__change_nothing() -> None:
    site = a_site()
    other, experiment = draft_experiment(site, "other"), draft_experiment(site)
    ids = [variant_of(other, "control")]
    set_prerequisites(experiment_id=experiment.pk, variant_ids=ids, actor="ines")

    set_prerequisites(experiment_id=experiment.pk, variant_ids=ids, actor="ines")

    experiment.refresh_from_db()
    assert experiment.version == 2


def test_prerequisites__on_itself_or_another_site__are_refused() -> None:
    experiment = draft_experiment(a_site())
    foreign = draft_experiment(a_site("other"))

    for owner in (experiment, foreign):
        with pytest.raises(InvalidInput, match="in another experiment of"):
            set_prerequisites(
                experiment_id=experiment.pk,
                variant_ids=[variant_of(owner, "control")],
                actor="ines",
            )

    assert not experiment.prerequisites.exists()


def test_prerequisites_and_metrics__of_what_runs__are_frozen() -> None:
    experiment = running_experiment(a_site())

    with pytest.raises(InvalidInput, match="is running"):
        set_prerequisites(experiment_id=experiment.pk, variant_ids=[], actor="ines")
    with pytest.raises(InvalidInput, match="is running"):
        choose_metrics(experiment_id=experiment.pk, uses=[MetricUse("aov", "primary")], actor="a")


def test_overrides__of_what_runs__may_change_and_are_on_record() -> None:
    experiment = running_experiment(a_site())
    version = experiment.version

    set_overrides(
        experiment_id=experiment.pk,
        overrides=[OverrideDraft("qa-1", "treatment", "a phone")],
        actor="ines",
        reason="to test the checkout",
    )

    row = experiment.overrides.get()
    assert (row.unit_id, row.variant.key, row.note) == ("qa-1", "treatment", "a phone")
    experiment.refresh_from_db()
    assert experiment.version == version + 1
    change = Change.objects.filter(experiment=experiment, action="edit").latest("id")
    assert change.reason == "to test the checkout"


def test_overrides__of_an_unknown_variant__are_refused_whole() -> None:
    experiment = draft_experiment(a_site())
    set_overrides(
        experiment_id=experiment.pk, overrides=[OverrideDraft("qa-1", "control")], actor="ines"
    )

    with pytest.raises(InvalidInput, match="has no variant 'magic'"):
        set_overrides(
            experiment_id=experiment.pk,
            overrides=[OverrideDraft("qa-2", "control"), OverrideDraft("qa-3", "magic")],
            actor="ines",
        )

    assert [row.unit_id for row in experiment.overrides.all()] == ["qa-1"]
