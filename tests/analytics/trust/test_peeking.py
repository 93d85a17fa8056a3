"""Early looks at results that are to be read once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.models import ReportLook
from analytics.trust.looks import note_look
from analytics.trust.peeking import chance_with
from experiments.models import Experiment
from tests.analytics.rows import Shares, a_run
from tests.analytics.trust.gate import gate
from tests.factories import a_site

pytestmark = pytest.mark.django_db

EVEN = {"control": Shares(100, 0.2), "treatment": Shares(100, 0.2)}


def a_fixed_run(*, began_days_ago: int = 5) -> Experiment:
    experiment = a_run(EVEN, site=a_site(), has_ended=False, monitoring="fixed", planned_days=14)
    started = timezone.now() - timedelta(days=began_days_ago)
    Experiment.objects.filter(pk=experiment.pk).update(started_at=started)
    return Experiment.objects.select_related("site").get(pk=experiment.pk)


def test_peeking__nobody_looked__is_good() -> None:
    assert gate(a_fixed_run())["peeking"]["state"] == "good"


def test_peeking__looks_before_the_planned_end__are_counted_by_reader_and_day() -> None:
    experiment = a_fixed_run()
    for reader in ("ines", "ines", "tom"):
        note_look(experiment=experiment, reader=reader)
    ReportLook.objects.create(
        experiment=experiment,
        phase=1,
        reader="tom",
        day=timezone.now().date() - timedelta(days=1),
        first_at=timezone.now() - timedelta(days=1),
        times=4,
    )

    found = gate(experiment)["peeking"]

    assert found["state"] == "warn"
    assert found["claim"] == "The report was opened 7 times before its planned end."
    assert [row[1] for row in found["table"]["rows"]] == [7, 2, 2, 0]
    assert "11\u202f% of tests without an effect would show one" in found["evidence"]


def test_peeking__looks_after_the_planned_end__are_what_it_is_for() -> None:
    experiment = a_fixed_run(began_days_ago=15)
    note_look(experiment=experiment, reader="ines")

    assert gate(experiment)["peeking"]["state"] == "good"


def test_look__at_an_always_valid_report__is_not_noted() -> None:
    experiment = a_run(EVEN, has_ended=False)
    note_look(experiment=experiment, reader="ines")

    assert ReportLook.objects.count() == 0
    assert gate(experiment)["peeking"]["claim"] == "The report may be read at any time."


@pytest.mark.parametrize(
    ("looks", "published"),
    [(1, 0.05), (2, 0.083), (3, 0.107), (5, 0.142), (10, 0.193), (20, 0.248)],
)
def test_chance__with_so_many_looks__is_the_published_one(looks: int, published: float) -> None:
    assert chance_with(looks, 0.05) == pytest.approx(published, abs=0.0006)
