"""Who becomes a unit of an experiment: not testers, and nobody after enrolment was closed."""

from datetime import timedelta
from itertools import permutations

import pytest

from experiments.clock import MICROSECOND, microseconds
from experiments.drain import drain_once
from experiments.models import Experiment, Exposure, Slate
from experiments.selectors import SlateCounts, exposure_counts, slate_counts
from tests.experiments.drain.waiting import a_slate, put_slates, variants_of
from tests.factories import NOW, a_site, running_experiment

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def experiment() -> Experiment:
    return running_experiment(a_site())


def close(experiment: Experiment) -> None:
    """Close enrolment at NOW."""
    experiment.enrolment_closed_at = NOW
    experiment.save()


def seen(experiment: Experiment, unit: str, after: timedelta, variant: str = "control") -> None:
    row = variants_of(experiment)[variant]
    put_slates(a_slate(experiment.site, variant=row, at=NOW + after, visitor_id=unit))


@pytest.mark.parametrize(
    ("after", "is_enrolled"),
    [(-HOUR, True), (0 * HOUR, True), (MICROSECOND, False), (HOUR, False)],
)
def test_unit__first_seen_around_the_close__is_enrolled_up_to_it(
    experiment: Experiment, after: timedelta, is_enrolled: bool
) -> None:
    close(experiment)
    seen(experiment, "v-1", after)

    drain_once()

    assert Exposure.objects.exists() is is_enrolled
    assert Slate.objects.count() == 1


@pytest.mark.parametrize("is_one_pass", [True, False])
def test_unit__enrolled_and_seen_again_after_the_close__stays_with_its_first_time(
    experiment: Experiment, is_one_pass: bool
) -> None:
    close(experiment)
    for after in (-HOUR, HOUR):
        seen(experiment, "v-1", after)
        if not is_one_pass:
            drain_once()
    drain_once()

    assert Exposure.objects.get().first_at == NOW - HOUR


@pytest.mark.parametrize("is_one_pass", [True, False])
def test_unit__seen_in_another_variant_after_the_close__is_marked(
    experiment: Experiment, is_one_pass: bool
) -> None:
    close(experiment)
    for after, variant in ((-HOUR, "control"), (HOUR, "treatment")):
        seen(experiment, "v-1", after, variant)
        if not is_one_pass:
            drain_once()
    drain_once()

    found = Exposure.objects.get()
    assert (found.variant.key, found.is_multiple) == ("control", True)


@pytest.mark.parametrize("order", list(permutations([-HOUR, HOUR, 2 * HOUR])))
def test_unit__news_of_it_in_any_order__is_enrolled_at_its_first_time(
    experiment: Experiment, order: tuple[timedelta, ...]
) -> None:
    close(experiment)
    for after in order:
        seen(experiment, "v-1", after)
        drain_once()

    assert Exposure.objects.get().first_at == NOW - HOUR


@pytest.mark.parametrize("order", list(permutations([-HOUR, HOUR, 2 * HOUR])))
def test_unit__seen_in_another_variant_after_the_close__is_marked_in_any_order(
    experiment: Experiment, order: tuple[timedelta, ...]
) -> None:
    close(experiment)
    for after in order:
        seen(experiment, "v-1", after, "treatment" if after == HOUR else "control")
        seen(experiment, "v-2", after)
        drain_once()

    found = {row.unit_id: row for row in Exposure.objects.all()}
    assert (found["v-1"].variant.key, found["v-1"].is_multiple) == ("control", True)
    assert found["v-1"].first_at == NOW - HOUR
    assert not found["v-2"].is_multiple


def test_close__of_one_experiment__leaves_the_others_open(experiment: Experiment) -> None:
    close(experiment)
    other = running_experiment(a_site("another"))
    seen(other, "v-1", HOUR)
    seen(experiment, "v-1", HOUR)

    drain_once()

    assert Exposure.objects.get().experiment == other


@pytest.mark.parametrize("reason", ["QA", "OVERRIDE"])
def test_slates__of_testers_and_overridden_units__count_nowhere(
    experiment: Experiment, reason: str
) -> None:
    variant = variants_of(experiment)["control"]
    site = experiment.site
    put_slates(
        a_slate(site, variant=variant, visitor_id="v-1"),
        a_slate(site, variant=variant, visitor_id="v-2", reason=reason, fallback="timeout"),
    )

    drain_once()

    whole = {
        "experiment_id": experiment.pk, "phase": 1, "until_us": microseconds(NOW + HOUR),
    }  # fmt: skip
    assert Slate.objects.count() == 2
    assert slate_counts(**whole) == {variant.pk: SlateCounts(1, 0, 0)}
    assert exposure_counts(**whole).by_variant == {variant.pk: 1}


def test_sighting__earlier_and_of_another_type_of_id__names_its_own_type(
    experiment: Experiment,
) -> None:
    variant = variants_of(experiment)["control"]
    for after, unit_type in ((HOUR, "account"), (0 * HOUR, "visitor")):
        put_slates(a_slate(experiment.site, variant=variant, at=NOW + after, unit_type=unit_type))
        drain_once()

    assert Exposure.objects.get().unit_type == "visitor"
