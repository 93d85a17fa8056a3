"""`recount` makes rollups again from the rows; with --check it tells what differs."""

import io

import pytest
from django.core.management import CommandError, call_command

from analytics.models import Metric, Rollup, RollupState
from experiments.models import Event, Experiment, Exposure
from tests.analytics.metrics import PURCHASE
from tests.analytics.rollups.kept import (
    a_kept_experiment,
    a_metric,
    from_rollups,
    from_rows,
    kept_rows,
    statuses,
)
from tests.analytics.rows import event, exposure
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment() -> Experiment:
    """A kept experiment of ten units with a purchase each."""
    experiment = a_kept_experiment()
    control = experiment.variants.get(is_control=True)
    units = [f"u{number}" for number in range(10)]
    Exposure.objects.bulk_create(exposure(experiment, control, unit, NOW) for unit in units)
    Event.objects.bulk_create(
        event(experiment.site, "purchase", NOW, visitor_id=unit, amount=100, order_ref=unit)
        for unit in units
    )
    recount()
    return experiment


def recount(*options: str) -> str:
    out = io.StringIO()
    call_command("recount", *options, stdout=out)
    return out.getvalue()


def test_recount__of_spoiled_rollups__gives_what_the_rows_give(experiment: Experiment) -> None:
    right = kept_rows(experiment)
    Rollup.objects.filter(unit_id="u3").update(y=7)
    Rollup.objects.filter(unit_id="u4").delete()
    Exposure.objects.filter(unit_id="u5").update(unit_id="u55")  # u5 is no unit any more
    Event.objects.filter(visitor_id="u5").update(visitor_id="u55")

    recount("--site", "shop", "--experiment", experiment.key)

    moved = {(key, "u55" if unit == "u5" else unit): sums for (key, unit), sums in right.items()}
    assert kept_rows(experiment) == moved
    assert from_rollups(experiment) == from_rows(experiment)


def test_check__of_right_rollups__says_so(experiment: Experiment) -> None:
    assert f"shop/{experiment.key} phase 1, 12 metrics: compared, all agree" in recount("--check")


def test_check__of_spoiled_rollups__names_each_and_changes_nothing(experiment: Experiment) -> None:
    Rollup.objects.filter(unit_id="u3", metric__key="revenue_per_unit").update(y=7)
    Rollup.objects.filter(unit_id="u4", metric__key="conversion").delete()
    before, out = kept_rows(experiment), io.StringIO()

    with pytest.raises(CommandError, match="2 sums differ"):
        call_command("recount", "--check", stdout=out)

    said = out.getvalue()
    assert "revenue_per_unit u3: kept (" in said
    assert "conversion u4: kept no row" in said
    assert kept_rows(experiment) == before


def test_recount__metric_created_later__is_filled_in(experiment: Experiment) -> None:
    a_metric(experiment.site, "late", numerator=PURCHASE)

    recount()

    assert from_rollups(experiment)["late"] == from_rows(experiment)["late"]


def test_recount__what_was_closed__stays_as_it_is(experiment: Experiment) -> None:
    RollupState.objects.update(status="closed")
    Event.objects.all().delete()
    before = kept_rows(experiment)

    recount()

    assert statuses(experiment) == {"closed"}
    assert kept_rows(experiment) == before != {}


def test_recount__one_that_fails__is_told_with_its_reason(experiment: Experiment) -> None:
    Metric.objects.filter(key="late").delete()
    metric = a_metric(experiment.site, "odd", numerator={"source": "nowhere"})
    RollupState.objects.create(experiment=experiment, phase=1, metric=metric)

    with pytest.raises(CommandError, match="could not be recounted"):
        recount()


@pytest.mark.parametrize("options", [("--site", "nowhere"), ("--experiment", "nothing")])
def test_recount__of_what_does_not_exist__is_refused(options: tuple[str, str]) -> None:
    a_site()

    with pytest.raises(CommandError, match="there is no experiment"):
        recount(*options)
