"""What is stored as finished never changes; what failed is tried again, and left on record."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from analytics.explorations import Question
from analytics.models import Analysis, Exploration
from analytics.reporting.scope import one_moment
from analytics.services import (
    LEASE,
    compute_analysis,
    request_analysis,
    request_exploration,
    retry_analysis,
    retry_failed,
)
from analytics.services.computing import finish
from analytics.services.progress import telling
from experiments.errors import AlreadyFinished, InvalidInput
from experiments.models import Experiment
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment() -> Experiment:
    return draft_experiment(a_site())


def failed(experiment: Experiment, *, ago: timedelta, attempt: int = 1) -> Analysis:
    row = request_analysis(experiment=experiment, attempt=attempt)
    at = timezone.now() - ago
    Analysis.objects.filter(pk=row.pk).update(status="failed", error="boom", finished_at=at)
    row.refresh_from_db()
    return row


def test_analysis__that_is_ready__refuses_any_change(experiment: Experiment) -> None:
    done = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert done is not None
    done.refresh_from_db()
    results, done.results = done.results, {}

    with pytest.raises(AlreadyFinished, match="finished and cannot be changed"):
        done.save()

    assert Analysis.objects.get(pk=done.pk).results == results


def test_analysis__that_failed__refuses_any_change(experiment: Experiment) -> None:
    row = failed(experiment, ago=timedelta())
    row.error = ""

    with pytest.raises(AlreadyFinished):
        row.save()

    assert Analysis.objects.get(pk=row.pk).error == "boom"


@pytest.mark.parametrize("status", ["ready", "failed"])
def test_analyses__one_of_them_finished__are_neither_changed_nor_deleted(
    experiment: Experiment, status: str
) -> None:
    row = request_analysis(experiment=experiment)
    Analysis.objects.filter(pk=row.pk).update(status=status, error="as it was")
    waiting = request_analysis(experiment=experiment)
    rows = Analysis.objects.filter(experiment=experiment)

    for change in (lambda: rows.update(error="", stage="changed"), rows.delete):
        with pytest.raises(AlreadyFinished, match="one of these analyses is finished"):
            change()
    with pytest.raises(AlreadyFinished, match="finished and cannot be deleted"):
        Analysis.objects.get(pk=row.pk).delete()

    assert set(rows.values_list("error", "stage")) == {("as it was", ""), ("", "")}
    assert rows.filter(pk=waiting.pk).update(stage="changed") == 1
    assert rows.filter(pk=waiting.pk).delete()[0] == 1


def test_analyses__changed_by_bulk__are_refused_too(experiment: Experiment) -> None:
    row = failed(experiment, ago=timedelta())
    row.error = ""

    with pytest.raises(AlreadyFinished), transaction.atomic():
        Analysis.objects.bulk_update([row], ["error"])

    assert Analysis.objects.get().error == "boom"


def test_exploration__that_is_finished__is_neither_changed_nor_deleted(
    experiment: Experiment,
) -> None:
    row = request_exploration(experiment=experiment, question=Question())
    Exploration.objects.filter(pk=row.pk).update(status="ready")

    with pytest.raises(AlreadyFinished, match="one of these explorations is finished"):
        Exploration.objects.update(name="other")


def test_analyses__of_an_experiment_that_is_deleted__go_with_it(experiment: Experiment) -> None:
    failed(experiment, ago=timedelta())

    experiment.delete()

    assert not Analysis.objects.exists()


def test_analysis__given_up_while_it_was_computed__stays_given_up(experiment: Experiment) -> None:
    late = request_analysis(experiment=experiment)
    Analysis.objects.filter(pk=late.pk).update(status="failed", error="killed")
    late.status = Analysis.Status.READY

    finish(late)

    assert Analysis.objects.get(pk=late.pk).error == "killed"


def test_analysis__computed__ends_with_all_of_it_done(experiment: Experiment) -> None:
    done = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)

    assert done is not None
    assert (done.stage, done.share) == ("", 1.0)


def test_progress__told__is_stored_while_it_is_computed(experiment: Experiment) -> None:
    row = request_analysis(experiment=experiment)
    Analysis.objects.filter(pk=row.pk).update(status="computing")

    with telling(row) as tell:
        tell("reading the metrics", 0.25)

    stored = Analysis.objects.get(pk=row.pk)
    assert (stored.stage, stored.share, stored.status) == ("reading the metrics", 0.25, "computing")


@pytest.mark.django_db(transaction=True)
def test_progress__told_in_the_middle_of_one_moment__is_stored_at_once() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("a test's SQLite is in memory, where a reader locks out writers")
    row = request_analysis(experiment=draft_experiment(a_site()))
    Analysis.objects.filter(pk=row.pk).update(status="computing")

    with telling(row) as tell, one_moment():
        assert Analysis.objects.count() == 1
        tell("comparing the variants", 0.5)

    assert Analysis.objects.get().stage == "comparing the variants"


def test_retry__of_a_failed_one__is_another_row(experiment: Experiment) -> None:
    row = failed(experiment, ago=timedelta())

    again = retry_analysis(analysis=row)

    assert (again.attempt, again.status) == (2, "queued")
    assert Analysis.objects.get(pk=row.pk).status == "failed"


def test_retry__of_one_that_is_ready__is_refused(experiment: Experiment) -> None:
    done = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert done is not None

    with pytest.raises(InvalidInput, match="not failed"):
        retry_analysis(analysis=done)


@pytest.mark.parametrize(
    ("ago", "attempt", "is_retried"),
    [
        (timedelta(seconds=30), 1, False),
        (timedelta(seconds=90), 1, True),
        (timedelta(seconds=90), 2, False),
        (timedelta(seconds=150), 2, True),
        (timedelta(seconds=150), 3, False),
        (4 * LEASE, 1, False),
    ],
)
def test_retry_failed__by_age_and_attempt__tries_a_little_later_and_thrice(
    experiment: Experiment, ago: timedelta, attempt: int, is_retried: bool
) -> None:
    failed(experiment, ago=ago, attempt=attempt)

    retried = retry_failed()

    assert len(retried) == is_retried
    assert retry_failed() == []


def test_retry_failed__a_newer_one_is_there__leaves_it(experiment: Experiment) -> None:
    failed(experiment, ago=timedelta(seconds=90))
    request_analysis(experiment=experiment)

    assert retry_failed() == []
