"""The one SQL text gives exact sums, at every edge."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from analytics.queries import MetricQuery, compile_query, run_query
from analytics.stats.moments import Moments
from experiments.clock import MICROSECOND, microseconds
from experiments.models import Event, Variant
from tests.analytics.metrics import AOV, CONVERSION, CTR, DAY, SPENT, VIEWS, cut_of
from tests.analytics.rows import event, exposure, slate
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db


def moments(metric: MetricQuery, variant: Variant, **changes: Any) -> Moments:
    found = run_query(compile_query([metric], cut_of(variant.experiment, **changes)))
    return found[metric.key].get(variant.pk, Moments(0, 0, 0))


def bought(variant: Variant, amount: int | None, at: datetime = NOW, **given: Any) -> Event:
    fields: dict[str, Any] = {"type": "purchase", "visitor_id": "u", **given}
    made = event(variant.experiment.site, fields.pop("type"), at, amount=amount, **fields)
    made.save()
    return made


def exposed(variant: Variant, unit: str = "u", at: datetime = NOW, **fields: Any) -> None:
    exposure(variant.experiment, variant, unit, at, **fields).save()


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (NOW - MICROSECOND, False),
        (NOW, True),
        (NOW + 7 * DAY - MICROSECOND, True),
        (NOW + 7 * DAY, False),
    ],
)
def test_event__at_an_edge_of_the_window__counts_from_start_to_before_end(
    control: Variant, at: datetime, counts: bool
) -> None:
    exposed(control)
    bought(control, 1999, at)

    assert moments(CONVERSION, control).sum_y == int(counts)
    assert moments(SPENT, control).sum_y == 1999 * counts


@pytest.mark.parametrize(("late", "counts"), [(timedelta(0), True), (MICROSECOND, False)])
def test_rows__at_the_data_cut__count_up_to_it(
    control: Variant, late: timedelta, counts: bool
) -> None:
    cut = microseconds(NOW + DAY)
    exposed(control)
    bought(control, 500, NOW + DAY + late)
    slate(control, "u", NOW + DAY + late, clicked=1).save()
    exposed(control, "another", NOW + DAY + late)

    assert moments(SPENT, control, until_us=cut).sum_y == 500 * counts
    assert moments(CTR, control, until_us=cut).sum_x == int(counts)
    assert moments(SPENT, control, until_us=cut).n == 1 + counts


def test_events__all_at_one_moment__count_each(control: Variant) -> None:
    exposed(control)
    for amount in (100, 100, 250):
        bought(control, amount)

    assert moments(SPENT, control) == Moments(1, 450, 450**2)


def test_event__without_an_amount__is_a_purchase_of_nothing(control: Variant) -> None:
    exposed(control)
    bought(control, None)

    assert moments(SPENT, control) == Moments(1, 0, 0)
    assert moments(CONVERSION, control) == Moments(1, 1, 1)


def test_unit__without_events__stays_in_n(control: Variant) -> None:
    exposed(control)
    exposed(control, "silent")
    bought(control, 300, order_ref="o-1")

    assert moments(SPENT, control) == Moments(2, 300, 90_000)
    assert moments(AOV, control) == Moments(2, 300, 90_000, 1, 1, 300)


def test_unit__seen_in_two_variants__is_left_out(control: Variant, treatment: Variant) -> None:
    exposed(control, is_multiple=True)
    exposed(treatment, "other")
    bought(control, 300)

    found = run_query(compile_query([SPENT], cut_of(control.experiment)))

    assert found["revenue"] == {treatment.pk: Moments(1, 0, 0)}


@pytest.mark.parametrize(
    ("paid", "refunded"),
    [(5000, 2000), (2000, 5000), (0, 1), (0, 65_536), (1, 70_000), (2**32, 2**33 + 7)],
)
def test_refund__even_larger_than_the_purchase__is_subtracted_exactly(
    control: Variant, paid: int, refunded: int
) -> None:
    exposed(control)
    bought(control, paid, order_ref="o-1")
    bought(control, refunded, NOW + DAY, type="refund", order_ref="o-1")

    y = paid - refunded
    assert moments(SPENT, control) == Moments(1, y, y * y)
    assert moments(AOV, control) == Moments(1, y, y * y, 1, 1, y)


def test_refund__of_an_order__counts_where_the_order_was_bought(control: Variant) -> None:
    exposed(control)
    exposed(control, "other")
    bought(control, 5000, order_id="o-1", order_ref="o-1", refunded=1500)
    bought(control, 1500, visitor_id="other", type="refund", order_id="o-1", order_ref="o-1")

    assert moments(SPENT, control) == Moments(2, 3500, 3500**2)


def test_event__of_no_shopper__counts_for_nothing(control: Variant) -> None:
    exposed(control)
    bought(control, 5000, traffic="internal")

    assert moments(SPENT, control) == Moments(1, 0, 0)
    assert moments(CONVERSION, control) == Moments(1, 0, 0)


def test_unit__that_is_no_shopper__is_left_out(control: Variant, treatment: Variant) -> None:
    exposed(control, traffic="outlier")
    exposed(treatment, "other")
    bought(control, 300)

    found = run_query(compile_query([SPENT], cut_of(control.experiment)))

    assert found["revenue"] == {treatment.pk: Moments(1, 0, 0)}


@pytest.mark.parametrize("amount", [65_535, 65_536, 2**32 - 1, 2**32, 2**32 + 1, 10**13])
def test_amount__whose_square_passes_64_bits__is_squared_exactly(
    control: Variant, amount: int
) -> None:
    for unit in ("u", "w"):
        exposed(control, unit)
        bought(control, amount, visitor_id=unit, order_ref=unit)

    assert moments(SPENT, control) == Moments(2, 2 * amount, 2 * amount**2)
    assert moments(AOV, control) == Moments(2, 2 * amount, 2 * amount**2, 2, 2, 2 * amount)


def test_amounts__beyond_what_can_be_squared__raise_instead_of_rounding(control: Variant) -> None:
    exposed(control)
    for _ in range(30):
        bought(control, 10**13)

    with pytest.raises(Exception, match=r"too large|out of range|overflow"):
        moments(SPENT, control)


@pytest.mark.parametrize(("counted", "expected"), [(True, 700), (False, 200)])
def test_unverified_purchase__counts__only_where_the_site_says_so(
    control: Variant, counted: bool, expected: int
) -> None:
    exposed(control)
    bought(control, 500, is_verified=False)
    bought(control, 200)
    bought(control, None, type="view_item", is_verified=False)

    assert moments(SPENT, control, count_unverified=counted).sum_y == expected
    assert moments(VIEWS, control, count_unverified=counted).sum_y == 1


@pytest.mark.parametrize("unit_type", ["account", "session"])
def test_unit_type__of_the_experiment__picks_the_column(control: Variant, unit_type: str) -> None:
    exposed(control)
    bought(control, 100, visitor_id="u")
    bought(control, 900, NOW, **{"visitor_id": "", f"{unit_type}_id": "u"})

    assert moments(SPENT, control).sum_y == 100
    assert moments(SPENT, control, unit_type=unit_type).sum_y == 900


def test_fallback_unit__stood_in_for_the_account__brings_its_own_events(control: Variant) -> None:
    exposed(control, "a-1", unit_type="account")
    exposed(control, "v-2", unit_type="visitor")
    exposed(control, "a-3")
    bought(control, 100, visitor_id="v-1", account_id="a-1")
    bought(control, 40, visitor_id="v-2")
    bought(control, 5, visitor_id="", account_id="a-3")
    bought(control, 7000, visitor_id="a-1", account_id="v-2")  # ids of the other type

    both = {"unit_type": "account", "fallback_unit_type": "visitor"}

    assert moments(SPENT, control, **both) == Moments(3, 145, 100**2 + 40**2 + 5**2)
    assert moments(AOV, control, **both).sum_x == 3


def test_visitor__who_signed_in_and_stayed_the_same_unit__counts_with_the_anonymous_id(
    control: Variant,
) -> None:
    exposed(control, "v-1", unit_type="visitor")
    bought(control, 100, visitor_id="v-1")
    bought(control, 30, NOW + DAY, visitor_id="v-1", account_id="a-1")
    bought(control, 900, NOW + DAY, visitor_id="", account_id="a-1")

    found = moments(SPENT, control, unit_type="account", fallback_unit_type="visitor")

    assert found == Moments(1, 130, 130**2)


@pytest.mark.parametrize("reason", ["QA", "OVERRIDE", "ENDED", "PAUSED"])
def test_slates__of_another_reason_than_the_split__are_in_no_sum(
    control: Variant, reason: str
) -> None:
    exposed(control)
    slate(control, "u", NOW, clicked=1).save()
    slate(control, "u", NOW + DAY, clicked=1, reason=reason).save()

    assert moments(CTR, control) == Moments(1, 1, 1, 1, 1, 1)


def test_phases__of_one_unit__are_measured_apart(control: Variant, treatment: Variant) -> None:
    exposed(control)
    exposed(treatment, at=NOW + DAY, phase=2)
    slate(control, "u", NOW, clicked=1).save()
    slate(treatment, "u", NOW + DAY, phase=2).save()
    bought(control, 100)
    bought(control, 40, NOW + 2 * DAY)

    assert moments(SPENT, control) == Moments(1, 140, 140**2)
    assert moments(SPENT, treatment, phase=2) == Moments(1, 40, 1600)
    assert moments(CTR, control) == Moments(1, 1, 1, 1, 1, 1)
    assert moments(CTR, treatment, phase=2) == Moments(1, 0, 0, 1, 1, 0)
    assert moments(SPENT, treatment) == Moments(0, 0, 0)


def test_other_site__with_the_same_unit__adds_nothing(control: Variant) -> None:
    exposed(control)
    event(a_site("another"), "purchase", NOW, visitor_id="u", amount=900).save()

    assert moments(SPENT, control).sum_y == 0
