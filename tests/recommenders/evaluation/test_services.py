"""Evaluations of a site: asked for, computed in the worker, kept; what fails is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from experiments.models import Site
from recommenders import services
from recommenders.errors import EvaluationError, SettingsError, UnknownRecommender
from recommenders.evaluation.design import Design
from recommenders.evaluation.results import results_from
from recommenders.models import Artifact, Evaluation, Recommender
from recommenders.services.evaluating import LEASE, MOST_ATTEMPTS, Sign
from recommenders.tasks import compute_evaluation
from tests.factories import a_site, trained
from tests.recommenders.registry.tastes import shop_of_tastes

pytestmark = pytest.mark.django_db
DESIGN = Design(split="random")  # day by day all visitors of this shop move on to new items


def _asked(site: Site, **asked: Any) -> Evaluation:
    chosen: dict[str, Any] = {"keys": ["item_knn"], "design": DESIGN, "k": 5} | asked
    return services.request_evaluation(site=site, **chosen)


def _row_of(evaluation: Evaluation, name: str, group: str = "all") -> Any:
    evaluation.refresh_from_db()
    assert evaluation.results is not None
    rows = results_from(evaluation.results).rows
    return next(row for row in rows if (row.name, row.group) == (name, group))


def test_request__of_a_recommender__takes_popularity_along_and_notes_what_was_asked() -> None:
    evaluation = _asked(shop_of_tastes(), actor="ada")

    assert [each["name"] for each in evaluation.contenders] == ["popularity", "item_knn"]
    assert (evaluation.status, evaluation.k, evaluation.split) == ("queued", 5, "random")
    assert (evaluation.actor, evaluation.code_version) == ("ada", evaluation.code_version)


def test_request__without_keys__takes_every_recommender_of_the_site() -> None:
    site = a_site()

    evaluation = _asked(site, keys=[])

    assert {each["name"] for each in evaluation.contenders} == {
        row.key for row in Recommender.objects.filter(site=site)
    }


def test_request__unknown_key__names_those_there_are() -> None:
    with pytest.raises(UnknownRecommender) as refused:
        _asked(a_site(), keys=["nonsense"])

    assert "popularity" in (refused.value.hint or "")


def test_request__settings_that_the_algorithm_does_not_take__are_refused_at_once() -> None:
    site = a_site()
    Recommender.objects.filter(site=site, key="item_knn").update(settings={"nonsense": 1})

    with pytest.raises(SettingsError, match="nonsense"):
        _asked(site)
    assert not Evaluation.objects.exists()


def test_task__two_tastes__finds_that_neighbours_beat_popularity() -> None:
    evaluation = _asked(shop_of_tastes())

    compute_evaluation(evaluation.pk)

    row = _row_of(evaluation, "item_knn")
    assert evaluation.status == "ready"
    assert row.against is not None
    assert row.against.mark == "better"
    assert evaluation.share == 1
    assert evaluation.finished_at is not None


def test_task__run_twice__computes_once() -> None:
    evaluation = _asked(shop_of_tastes())
    compute_evaluation(evaluation.pk)
    evaluation.refresh_from_db()
    first = evaluation.finished_at

    compute_evaluation(evaluation.pk)

    evaluation.refresh_from_db()
    assert (evaluation.finished_at, evaluation.attempts) == (first, 1)


def test_task__artifact__judges_it_by_the_events_it_was_trained_on() -> None:
    site = shop_of_tastes()
    (artifact,) = trained(site, "item_knn")

    evaluation = _asked(site, keys=[], artifact=artifact)
    compute_evaluation(evaluation.pk)

    assert evaluation.until == artifact.trained_until
    assert list(artifact.evaluations.all()) == [evaluation]
    assert _row_of(evaluation, "item_knn").n_units > 0


def test_task__site_without_events__fails_with_the_reason() -> None:
    evaluation = _asked(a_site())

    with pytest.raises(EvaluationError):
        compute_evaluation(evaluation.pk)

    evaluation.refresh_from_db()
    assert evaluation.status == "failed"
    assert "there are no i" in evaluation.error
    assert evaluation.results is None


def test_same_events_settings_and_seed__give_the_same_figures() -> None:
    site = shop_of_tastes()
    found = []
    for _ in range(2):
        evaluation = _asked(site)
        compute_evaluation(evaluation.pk)
        found.append([_row_of(evaluation, name) for name in ("popularity", "item_knn")])

    assert found[0] == found[1]


def _gone_silent(evaluation: Evaluation, *, attempts: int) -> None:
    Evaluation.objects.filter(pk=evaluation.pk).update(
        status="computing",
        attempts=attempts,
        seen_at=timezone.now() - LEASE - timedelta(minutes=1),
        created_at=timezone.now() - timedelta(hours=2),
    )


def test_sweep__worker_that_was_killed__lets_the_evaluation_be_computed() -> None:
    evaluation = _asked(shop_of_tastes())
    _gone_silent(evaluation, attempts=1)

    for evaluation_id in services.release_stuck_evaluations():
        compute_evaluation(evaluation_id)

    evaluation.refresh_from_db()
    assert (evaluation.status, evaluation.attempts) == ("ready", 2)


def test_sweep__worker_killed_time_and_again__gives_it_up_with_the_reason() -> None:
    evaluation = _asked(a_site())
    _gone_silent(evaluation, attempts=MOST_ATTEMPTS)

    assert services.release_stuck_evaluations() == []

    evaluation.refresh_from_db()
    assert evaluation.status == "failed"
    assert "worker died" in evaluation.error


def test_sweep__one_at_work__leaves_it_alone() -> None:
    evaluation = _asked(a_site())
    Evaluation.objects.filter(pk=evaluation.pk).update(
        status="computing", attempts=1, seen_at=timezone.now()
    )

    assert services.release_stuck_evaluations() == []
    evaluation.refresh_from_db()
    assert evaluation.status == "computing"


def test_progress__while_it_runs__is_kept_for_whoever_waits() -> None:
    evaluation = _asked(a_site())
    sign = Sign(evaluation)
    sign.total = 10

    sign.advance("item_knn", 0)
    evaluation.refresh_from_db()
    assert (evaluation.stage, evaluation.share) == ("Fitting item_knn", 0)

    sign.next_s = 0
    sign.advance("item_knn", 5)
    evaluation.refresh_from_db()
    assert (evaluation.stage, evaluation.share) == ("Judging item_knn", 0.5)


def test_artifact__deleted__takes_its_evaluations_along() -> None:
    site = shop_of_tastes()
    (artifact,) = trained(site, "item_knn")
    _asked(site, keys=[], artifact=artifact)

    Recommender.objects.filter(site=site).update(champion=None)
    Artifact.objects.filter(pk=artifact.pk).delete()

    assert not Evaluation.objects.exists()
