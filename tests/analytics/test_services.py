"""An analysis keeps all it was computed from, and none is computed twice at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.models import Analysis, ExperimentMetric, Metric
from analytics.selectors import metrics_of
from analytics.services import (
    LEASE,
    analysis_settings,
    compute_analysis,
    give_up_hopeless_analyses,
    request_analysis,
    settings_hash,
    unfinished_analyses,
)
from analytics.stats.compare import compare
from analytics.stats.moments import Moments
from analytics.stats.results import Kind, Monitoring
from experiments.errors import InvalidInput
from experiments.models import Event, Experiment
from experiments.services import end_experiment
from tests.analytics.rows import Shares, a_run, event
from tests.factories import NOW, a_site, draft_experiment, two_variants

pytestmark = pytest.mark.django_db

EVEN = {"control": Shares(510, 0.2), "treatment": Shares(510, 0.2)}


def analysed(experiment: Experiment) -> Analysis:
    done = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert done is not None
    return Analysis.objects.get(pk=done.pk)


def results_of(analysis: Analysis) -> dict[str, Any]:
    assert analysis.results is not None
    return dict(analysis.results)


def test_analysis__stored__keeps_settings_cut_version_moments_and_statement(
    settings: Any,
) -> None:
    experiment = a_run(EVEN)

    stored = analysed(experiment)

    assert stored.status == "ready"
    assert stored.settings == analysis_settings(experiment)
    assert stored.settings_hash == settings_hash(stored.settings)
    assert stored.code_version == settings.VERSION
    assert stored.data_cut_us == results_of(stored)["until_us"]
    assert stored.sql.startswith("WITH f AS")
    assert set(stored.moments) == {each.metric.key for each in metrics_of(experiment)}


def test_analysis__recomputed_from_its_stored_moments__gives_the_same_numbers() -> None:
    stored = analysed(a_run(EVEN, planned_units=1020))

    for metric in results_of(stored)["metrics"]:
        moments = {
            variant: Moments.from_dict(found)
            for variant, found in stored.moments[metric["key"]].items()
        }
        again = compare(
            Kind(metric["kind"]),
            moments["control"],
            moments["treatment"],
            monitoring=Monitoring(stored.settings["monitoring"]),
            alpha=stored.settings["alpha"],
            planned_n=stored.settings["planned_units"],
        ).to_dict()
        adjusted = {"p_adjusted": None, "adjustment": None}
        shown = metric["comparisons"]["treatment"] | adjusted
        assert {name: shown[name] for name in again} == again


def test_analysis__of_the_same_cut__is_the_same_however_often_it_is_computed() -> None:
    experiment = a_run(EVEN)

    first, second = analysed(experiment), analysed(experiment)

    assert first.pk != second.pk
    assert (first.results, first.moments) == (second.results, second.moments)


def test_analysis__stored__does_not_change_with_later_rows() -> None:
    experiment = a_run(EVEN)
    stored = analysed(experiment)
    event(experiment.site, "purchase", NOW, visitor_id="control-1", amount=10**6).save()

    analysed(experiment)

    assert Analysis.objects.get(pk=stored.pk).results == stored.results


def test_analysis__settings_changed_after_the_request__keeps_those_it_was_computed_with() -> None:
    experiment = a_run(EVEN)
    waiting = request_analysis(experiment=experiment)
    Experiment.objects.filter(pk=experiment.pk).update(window_days=3)

    done = compute_analysis(analysis_id=waiting.pk)

    assert done is not None
    assert done.settings["window_days"] == results_of(done)["window_days"] == 3
    assert done.settings_hash == settings_hash(done.settings) != waiting.settings_hash


@pytest.mark.parametrize(
    "change",
    [
        {"window_days": 3},
        {"planned_units": 7},
        {"planned_days": 28},
        {"mde": 0.5},
        {"monitoring": "fixed"},
    ],
)
def test_settings__of_an_experiment__hash_differently_after_a_change(
    change: dict[str, Any],
) -> None:
    experiment = a_run({"control": Shares(1, 1), "treatment": Shares(1, 1)})
    before = settings_hash(analysis_settings(experiment))

    Experiment.objects.filter(pk=experiment.pk).update(**change)
    experiment.refresh_from_db()

    assert settings_hash(analysis_settings(experiment)) != before


def test_settings__experiment_has_ended__hash_differently() -> None:
    experiment = a_run({"control": Shares(1, 1), "treatment": Shares(1, 1)}, has_ended=False)
    before = settings_hash(analysis_settings(experiment))

    end_experiment(experiment_id=experiment.pk)
    experiment.refresh_from_db()

    assert settings_hash(analysis_settings(experiment)) != before


def test_settings__another_metric_role_or_site_rule__hash_differently() -> None:
    experiment = draft_experiment(a_site())
    hashes = [settings_hash(analysis_settings(experiment))]
    metric = Metric.objects.get(key="ctr")
    for margin in (None, 0.1):
        ExperimentMetric.objects.update_or_create(
            experiment=experiment, metric=metric, defaults={"role": "guardrail", "margin": margin}
        )
        hashes.append(settings_hash(analysis_settings(experiment)))
    experiment.site.count_unverified = False
    hashes.append(settings_hash(analysis_settings(experiment)))

    assert len(set(hashes)) == 4


def test_request_analysis__without_a_treatment__is_refused() -> None:
    experiment = draft_experiment(a_site(), variants=two_variants())
    experiment.variants.filter(is_control=False).delete()

    with pytest.raises(InvalidInput, match="at least one treatment"):
        request_analysis(experiment=experiment)


def test_compute_analysis__twice__computes_once() -> None:
    waiting = request_analysis(experiment=draft_experiment(a_site()))

    first = compute_analysis(analysis_id=waiting.pk)
    second = compute_analysis(analysis_id=waiting.pk)

    assert first is not None
    assert second is None
    stored = Analysis.objects.get(pk=waiting.pk)
    assert (stored.status, stored.finished_at) == ("ready", first.finished_at)


def test_compute_analysis__while_another_worker_computes__leaves_it_alone() -> None:
    waiting = request_analysis(experiment=draft_experiment(a_site()))
    Analysis.objects.update(status="computing", started_at=timezone.now())

    assert compute_analysis(analysis_id=waiting.pk) is None
    assert Analysis.objects.get().status == "computing"


def test_compute_analysis__that_breaks__is_failed_with_its_reason() -> None:
    experiment = draft_experiment(a_site())
    waiting = request_analysis(experiment=experiment)
    experiment.variants.update(is_control=False)

    done = compute_analysis(analysis_id=waiting.pk)

    assert done is not None
    stored = Analysis.objects.get()
    assert (stored.status, stored.results) == ("failed", None)
    assert stored.error == "InvalidInputError: invalid_input: the experiment has no control"
    assert stored.finished_at is not None


@pytest.mark.parametrize(
    ("fields", "age", "is_unfinished"),
    [
        ({"status": "queued"}, timedelta(seconds=14), False),
        ({"status": "queued"}, timedelta(seconds=16), True),
        ({"status": "computing"}, LEASE - timedelta(seconds=1), False),
        ({"status": "computing"}, LEASE + timedelta(seconds=1), True),
        ({"status": "ready"}, 2 * LEASE, False),
        ({"status": "failed"}, 2 * LEASE, False),
    ],
)
def test_unfinished_analyses__by_status_and_age__are_the_lost_ones(
    fields: dict[str, str], age: timedelta, is_unfinished: bool
) -> None:
    waiting = request_analysis(experiment=draft_experiment(a_site()))
    at = timezone.now() - age
    Analysis.objects.update(**fields, created_at=at, started_at=at)

    assert unfinished_analyses() == ([waiting.pk] if is_unfinished else [])


@pytest.mark.parametrize(("leases", "is_given_up"), [(2, False), (4, True)])
def test_give_up__analysis_that_kills_its_worker__fails_instead_of_computing_for_ever(
    leases: int, is_given_up: bool
) -> None:
    request_analysis(experiment=draft_experiment(a_site()))
    at = timezone.now()
    Analysis.objects.update(
        status="computing", created_at=at - leases * LEASE, started_at=at - 1.5 * LEASE
    )

    assert give_up_hopeless_analyses() == int(is_given_up)
    assert Analysis.objects.get().status == ("failed" if is_given_up else "computing")


def test_analysis__of_no_rows_at_all__is_ready_and_empty() -> None:
    stored = results_of(analysed(draft_experiment(a_site())))

    assert Event.objects.count() == 0
    assert [variant["units"] for variant in stored["variants"]] == [0, 0]
    assert stored["verdict"]["state"] == "no_data"
    assert {metric["values"]["control"]["value"] for metric in stored["metrics"]} == {None}
