"""Rollups give to the last unit what the rows give, and what plain Python makes of them."""

import random
from dataclasses import replace

import pytest

from analytics.models import Metric, RollupState
from analytics.queries import HISTORY_DAYS
from analytics.rollups.plans import query_of
from experiments.models import Experiment, Exposure, Site
from tests.analytics.metrics import DAY, PURCHASE, REVENUE, cut_of
from tests.analytics.oracle import unit_sums
from tests.analytics.random_rows import random_rows
from tests.analytics.rollups.kept import (
    a_kept_experiment,
    a_metric,
    a_running_one,
    from_rollups,
    from_rows,
    keep,
    kept_rows,
    measured,
)
from tests.analytics.rows import event, exposure, slate
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db

# What the oracle counts: of the whole window, without conditions.
PLAIN = ("conversion", "revenue_per_unit", "aov", "ctr")
PAIRS = [("visitor", ""), ("account", "visitor"), ("visitor", "session")]


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("seed", range(3))
def test_random_rows__rolled_up__give_the_same_moments(seed: int, pair: tuple[str, str]) -> None:
    chance = random.Random(f"{seed} {pair}")
    experiment = a_running_one(unit_type=pair[0], fallback_unit_type=pair[1])
    Site.objects.update(count_unverified=chance.random() < 0.5)
    experiment.site.refresh_from_db()
    random_rows(experiment, chance)
    for row in Exposure.objects.all():
        row.unit_type = chance.choice([each for each in ("", *pair) if each or not pair[1]])
        row.save()

    keep(experiment)

    assert from_rollups(experiment) == from_rows(experiment)


@pytest.mark.parametrize("seed", range(3))
def test_random_rows__of_each_unit__are_kept_with_what_came_before(seed: int) -> None:
    experiment = a_running_one()
    random_rows(experiment, random.Random(seed))
    keep(experiment)

    due = {}
    for metric in Metric.objects.filter(key__in=PLAIN):
        for unit, sums in unit_sums(query_of(metric), cut_of(experiment), HISTORY_DAYS).items():
            if any(sums):
                due[metric.key, unit] = sums
    kept = {key: sums for key, sums in kept_rows(experiment).items() if key[0] in PLAIN}
    assert kept == due != {}


def test_history__of_four_weeks__ends_where_the_window_begins(site_rows: Experiment) -> None:
    keep(site_rows)

    assert kept_rows(site_rows)["revenue_per_unit", "u"] == (400, 0, 20 + 3, 0)
    assert kept_rows(site_rows)["aov", "u"] == (400, 1, 20 + 3, 2)


@pytest.fixture
def site_rows() -> Experiment:
    """Purchases at the edges of a unit's four weeks before and of its window."""
    experiment = a_running_one()
    control = experiment.variants.get(is_control=True)
    exposure(experiment, control, "u", NOW).save()
    moments = [
        (NOW - HISTORY_DAYS * DAY - DAY / 86_400, 1),
        (NOW - HISTORY_DAYS * DAY, 20),
        (NOW - DAY / 86_400, 3),
        (NOW, 400),
        (NOW + 7 * DAY, 5000),
    ]
    for at, amount in moments:
        event(
            experiment.site, "purchase", at, visitor_id="u", amount=amount, order_ref=f"{amount}"
        ).save()
    return experiment


def test_unit__of_nothing_but_zeros__has_no_row_and_counts() -> None:
    experiment = a_running_one()
    control = experiment.variants.get(is_control=True)
    exposure(experiment, control, "silent", NOW).save()
    event(experiment.site, "purchase", NOW, visitor_id="nobody", amount=5).save()

    keep(experiment)

    assert kept_rows(experiment) == {}
    assert from_rollups(experiment)["conversion"][control.pk].n == 1


def test_metric__of_one_side_over_itself__is_read() -> None:
    experiment = a_running_one()
    control = experiment.variants.get(is_control=True)
    a_metric(experiment.site, "self", "ratio", numerator=PURCHASE, denominator=PURCHASE)
    exposure(experiment, control, "u", NOW).save()
    event(experiment.site, "purchase", NOW, visitor_id="u", amount=5).save()

    keep(experiment)

    assert from_rollups(experiment) == from_rows(experiment)


def test_metric__that_cannot_be_compiled__is_told_of_and_not_rolled_up() -> None:
    experiment = a_running_one()
    a_metric(experiment.site, "broken", "ratio", numerator=PURCHASE, denominator=REVENUE)

    keep(experiment)

    found = measured(experiment)
    assert "must be a count" in found.errors["broken"]
    assert found.sources["conversion"] == "rollup"
    assert not RollupState.objects.filter(metric__key="broken").exists()


def test_amount__too_large_to_be_squared__is_refused_as_by_the_rows() -> None:
    experiment = a_running_one()
    control = experiment.variants.get(is_control=True)
    exposure(experiment, control, "u", NOW).save()
    for number in range(30):
        event(
            experiment.site, "purchase", NOW, visitor_id="u", amount=10**13, order_ref=f"{number}"
        ).save()

    keep(experiment)

    found = measured(experiment)
    assert set(found.errors) == {"revenue_per_unit", "aov"}
    assert found.sources["conversion"] == "rollup"
    assert set(found.notes) == {"revenue_per_unit", "aov"}


def test_other_site_and_phase__with_the_same_unit__add_nothing() -> None:
    experiment = a_running_one()
    other: Site = a_site("other")
    control = experiment.variants.get(is_control=True)
    exposure(experiment, control, "u", NOW).save()
    exposure(experiment, control, "w", NOW, phase=2).save()
    event(other, "purchase", NOW, visitor_id="u", amount=5).save()
    slate(control, "u", NOW, phase=2, clicked=1).save()

    keep(experiment)

    assert kept_rows(experiment) == {}
    assert from_rollups(experiment) == from_rows(experiment)


def test_moments__of_a_variant_without_units__are_absent_as_from_the_rows() -> None:
    experiment = a_kept_experiment()
    exposure(experiment, experiment.variants.get(is_control=False), "u", NOW).save()

    assert from_rollups(experiment) == from_rows(experiment)
    assert replace(cut_of(experiment), phase=1) == cut_of(experiment)
