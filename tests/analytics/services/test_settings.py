"""Whoever changes how an experiment is analysed makes its stored analysis stale, on record."""

from typing import Any

import pytest

from analytics.choices import Choices, choices_of
from analytics.models import AnalysisSettings
from analytics.services import analysis_settings, change_settings, changed_settings, settings_hash
from experiments.errors import InvalidInput
from experiments.models import Change, Experiment
from experiments.services import clone_experiment
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment() -> Experiment:
    return draft_experiment(a_site())


def test_choices__nobody_chose__are_those_of_the_statistics(experiment: Experiment) -> None:
    assert choices_of(experiment) == Choices(
        alpha=0.05,
        correction="holm",
        secondary_correction="benjamini_hochberg",
        uses_cuped=True,
        uses_winsor=True,
        basis="served",
        level=95,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", 0.01),
        ("correction", "bonferroni"),
        ("secondary_correction", "holm"),
        ("uses_cuped", False),
        ("uses_winsor", False),
        ("basis", "viewed"),
        ("level", 80),
    ],
)
def test_settings__changed__hash_differently_and_are_on_record(
    experiment: Experiment, name: str, value: Any
) -> None:
    before = analysis_settings(experiment)

    change_settings(experiment=experiment, actor="ines", changes={name: value}, reason="asked")

    after = analysis_settings(experiment)
    assert settings_hash(after) != settings_hash(before)
    assert changed_settings(before, after) == [name]
    record = Change.objects.get(subject="analysis settings of home-test")
    assert (record.actor, record.reason, record.after) == ("ines", "asked", {name: value})


def test_settings__changed_to_what_they_are__leave_no_record(experiment: Experiment) -> None:
    before = settings_hash(analysis_settings(experiment))

    change_settings(experiment=experiment, actor="ines", changes={"alpha": 0.05})

    assert settings_hash(analysis_settings(experiment)) == before
    assert not Change.objects.filter(subject__startswith="analysis settings").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"alpha": 0}, "alpha"),
        ({"alpha": 0.9}, "alpha"),
        ({"correction": "none"}, "correction"),
        ({"secondary_correction": "dunnett"}, "secondary_correction"),
        ({"basis": "guessed"}, "basis"),
        ({"level": 50}, "level"),
        ({"alhpa": 0.05}, "alhpa"),
    ],
)
def test_settings__that_cannot_be__are_refused_with_their_field(
    experiment: Experiment, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        change_settings(experiment=experiment, actor="ines", changes=changes)

    assert refused.value.field in {field, None}
    assert not AnalysisSettings.objects.exists()


def test_settings__dunnett_at_every_look__is_refused(experiment: Experiment) -> None:
    with pytest.raises(InvalidInput, match="one look at a fixed horizon"):
        change_settings(experiment=experiment, actor="ines", changes={"correction": "dunnett"})

    Experiment.objects.filter(pk=experiment.pk).update(monitoring="fixed")
    experiment.refresh_from_db()
    change_settings(experiment=experiment, actor="ines", changes={"correction": "dunnett"})
    assert choices_of(experiment).correction == "dunnett"


def test_settings__of_a_cloned_experiment__come_along(experiment: Experiment) -> None:
    change_settings(experiment=experiment, actor="ines", changes={"alpha": 0.01})

    clone = clone_experiment(experiment_id=experiment.pk, key="again", name="Again", actor="ines")

    assert choices_of(clone).alpha == 0.01
