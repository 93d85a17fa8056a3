"""Old rows go to Parquet: reports of ended experiments stay, running ones keep their rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics.rollups.building import build_phase
from analytics.rollups.states import ask_for_rollups
from analytics.services import compute_analysis, request_analysis
from experiments.clock import microseconds
from experiments.models import Event, Experiment, ExportedDay, Slate, Tally
from experiments.retention.run import run_retention
from experiments.services import end_experiment
from tests.analytics import rows
from tests.analytics.rows import Shares, a_run

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=14)
LATER = datetime(2026, 11, 1, tzinfo=UTC)
BEHAVIOUR = {"control": Shares(60, 0.2, 0.2), "treatment": Shares(60, 0.4, 0.5)}

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment(monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """Return an experiment of spring that is still under way, in a site that keeps sixty days."""
    monkeypatch.setattr(rows, "NOW", END)
    experiment = a_run(BEHAVIOUR, has_ended=False)
    experiment.site.retention_days = 60
    experiment.site.save()
    newest = microseconds(LATER)  # as the drain leaves it: a simulated site's clock
    Tally.objects.create(site=experiment.site, slot=Tally.DRAIN, newest_us=newest)
    return experiment


def end(experiment: Experiment) -> None:
    """End it, and let that have been in spring."""
    end_experiment(experiment_id=experiment.pk)
    Experiment.objects.filter(pk=experiment.pk).update(ended_at=END)
    experiment.refresh_from_db()


def keep_rollups(experiment: Experiment) -> None:
    ask_for_rollups(experiment, START)
    assert build_phase(experiment.pk, experiment.phase)


def report_of(experiment: Experiment) -> Any:
    analysis = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert analysis is not None
    assert (analysis.status, analysis.error) == ("ready", "")
    return analysis.results


def test_report__ended_experiment_whose_rows_were_dropped__is_unchanged(
    experiment: Experiment,
) -> None:
    keep_rollups(experiment)
    Slate.objects.filter(pk__in=Slate.objects.values("pk")[:7]).update(fallback="popularity")
    end(experiment)
    before = report_of(experiment)
    assert before["metrics"]
    assert sum(variant["fallbacks"] for variant in before["variants"]) == 7

    done = run_retention(now=LATER)

    assert done.problems == []
    assert not Event.objects.exists()
    assert not Slate.objects.exists()
    assert ExportedDay.objects.exclude(dropped_at=None).count() > 20
    after = report_of(experiment)
    assert {name for name in before if after[name] != before[name]} == set()
    assert after["details"]["positions"]["dropped"] == 0


def test_rows__experiment_still_running__stay_with_four_weeks_before(
    experiment: Experiment,
) -> None:
    keep_rollups(experiment)
    kept = START - timedelta(days=28)
    site = experiment.site
    Event.objects.bulk_create(
        rows.event(site, "view_item", at, visitor_id="v-1")
        for at in (kept, kept - timedelta(days=1))
    )

    run_retention(now=LATER)

    assert min(Event.objects.values_list("day", flat=True)) == kept.date().isoformat()
    assert ExportedDay.objects.exclude(dropped_at=None).count() == 1


def test_rows__ended_experiment_without_rollups__stay(experiment: Experiment) -> None:
    end(experiment)
    n_events = Event.objects.count()

    run_retention(now=LATER)

    assert Event.objects.count() == n_events
