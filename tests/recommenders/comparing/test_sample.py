"""Comparing over a sample: once, bounded, in parts, and nothing is recorded."""

import pytest
from django.conf import settings
from django.utils import timezone

from experiments.models import Site
from recommenders import state
from recommenders.comparing import sample
from recommenders.comparing.sample import KEPT, Question, request_comparison, run_comparison
from recommenders.errors import ComparisonRefused
from recommenders.models import Comparison
from recommenders.tasks import COMPARISON_LIMIT_S, compare_lists
from tests.recommenders.comparing.records import records
from tests.recommenders.shop import DAMAGES, a_shop

pytestmark = pytest.mark.django_db

BOTH = Question(("r:popularity", "r:random"), k=5)


def compared(site: Site, question: Question = BOTH) -> Comparison:
    row = request_comparison(site=site, question=question)
    compare_lists(row.pk)
    row.refresh_from_db()
    return row


def test_comparison__of_two__counts_every_unit_and_records_nothing() -> None:
    site, _artifacts = a_shop("popularity", "random")
    before = records()

    row = compared(site)

    first, other = row.figures["columns"]
    assert (row.status, row.n_done, row.figures["n_units"]) == ("ready", 6, 6)
    assert (first["overlap"], first["rank_biased"], first["identical"]) == (5.0, 1.0, 1.0)
    assert sum(other["overlaps"]) == 6
    assert 0 < other["overlap"] < 5
    assert (first["empty"], first["stand_in"], first["coverage"]) == (0, 0, pytest.approx(5 / 12))
    assert records() == before


def test_comparison__of_one_that_is_broken__keeps_the_other_figures() -> None:
    site, artifacts = a_shop("popularity", "random")
    DAMAGES["array gone"][0](artifacts["random"])
    state.watched.reset()

    row = compared(site, Question(("r:popularity", "r:random", "r:nobody"), k=5))

    first, broken, unknown = row.figures["columns"]
    assert (row.status, first["stand_in"]) == ("ready", 0)
    assert (broken["stand_in"], broken["overlap"]) == (6, 5.0)
    assert (unknown["empty"], unknown["problem"]) == (6, "this site has nothing called 'nobody'")


def test_comparison__while_another_is_under_way__is_refused() -> None:
    site, _artifacts = a_shop("popularity", "random")
    row = request_comparison(site=site, question=BOTH)

    with pytest.raises(ComparisonRefused, match="another comparison is under way"):
        request_comparison(site=site, question=BOTH)

    silent = timezone.now() - 2 * sample.SILENT
    Comparison.objects.filter(pk=row.pk).update(seen_at=silent)
    assert request_comparison(site=site, question=BOTH).status == "queued"


def test_comparison__of_one_list__is_refused() -> None:
    site, _artifacts = a_shop()

    with pytest.raises(ComparisonRefused, match="one list alone"):
        request_comparison(site=site, question=Question(("r:random", "r:random"), k=5))


def test_comparison__run_twice__is_computed_once() -> None:
    site, _artifacts = a_shop("popularity", "random")
    row = compared(site)

    assert run_comparison(comparison_id=row.pk) is None


def test_comparison__out_of_time__says_how_many_it_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sample, "PART", 2)
    monkeypatch.setattr(sample, "LIMIT_S", 0.0)
    site, _artifacts = a_shop("popularity", "random")

    row = compared(site)

    assert row.status == "ready"
    assert row.figures["n_units"] < row.figures["n_wanted"] == 6


def test_comparison__that_fails__says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    site, _artifacts = a_shop("popularity", "random")
    row = request_comparison(site=site, question=BOTH)
    Comparison.objects.filter(pk=row.pk).update(question=row.question | {"seed": -1, "n": 2})

    run_comparison(comparison_id=row.pk)

    row.refresh_from_db()
    assert row.status == "failed"
    assert row.error.startswith("ValueError")


def test_comparisons__kept_of_a_site__are_the_last_few() -> None:
    site, _artifacts = a_shop()
    for _n in range(KEPT + 3):
        Comparison.objects.create(site=site, question={}, status="ready")

    request_comparison(site=site, question=BOTH)

    assert Comparison.objects.filter(site=site).count() == KEPT


def test_comparison__takes_the_queue_of_what_readers_wait_for() -> None:
    assert settings.CELERY_TASK_ROUTES["recommenders.tasks.*"]["queue"] == "compute"
    assert compare_lists.name == "recommenders.tasks.compare_lists"
    assert sample.LIMIT_S < COMPARISON_LIMIT_S
