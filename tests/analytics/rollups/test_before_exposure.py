"""What a unit did before its first exposure is read again where it changed, and only there."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.models import Rollup
from analytics.rollups import building
from analytics.rollups.building import build_phase
from analytics.rollups.states import ask_for_rollups
from experiments.intake.slates import ServedSlate
from experiments.models import Event, Experiment, Exposure, FlaggedUnit, Variant
from experiments.subjects.erasers import erase_rows
from experiments.subjects.subject import Subject
from experiments.traffic.flagging import flag_unit, forget_flag
from tests.analytics.metrics import DAY, PURCHASE
from tests.analytics.rollups.kept import (
    a_kept_experiment,
    a_metric,
    keep,
    kept_rows,
    recounted,
    statuses,
)
from tests.analytics.rows import event, exposure
from tests.experiments.drain.waiting import (
    a_purchase,
    a_slate,
    an_event,
    apply_all,
    put_events,
    put_slates,
    variants_of,
)
from tests.factories import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
BOTH = {"visitor_id": "v-1", "account_id": "a-1"}
NEVER_WRITTEN = 9_999_999  # a sum that no event comes to: where it stays, nothing was read


@pytest.fixture
def experiment() -> Experiment:
    return a_kept_experiment()


@pytest.fixture
def control(experiment: Experiment) -> Variant:
    return variants_of(experiment)["control"]


@pytest.fixture
def shown(experiment: Experiment, control: Variant) -> Experiment:
    """v-1 bought for 3.00 a day before it met the control, and for 5.00 an hour after it."""
    put_slates(a_slate(experiment.site, variant=control))
    put_events(experiment.site, a_purchase(300, at=NOW - DAY, order_id="before"))
    put_events(experiment.site, a_purchase(500, at=NOW + HOUR), now=NOW + 2 * HOUR)
    apply_all()
    assert revenue(experiment) == (500, 0, 300, 0)
    return experiment


def revenue(experiment: Experiment, unit: str = "v-1") -> tuple[int, int, int, int]:
    """Return the unit's kept revenue, which is what a recount gives."""
    assert recounted(experiment) == []
    return kept_rows(experiment)["revenue_per_unit", unit]


def arrive(experiment: Experiment, *events: dict[str, object]) -> None:
    put_events(experiment.site, *events, now=NOW + 2 * DAY)
    apply_all()


def test_event__since_exposure__leaves_what_was_before_it_unread(shown: Experiment) -> None:
    Rollup.objects.filter(metric__key="revenue_per_unit").update(pre_y=NEVER_WRITTEN)

    arrive(shown, a_purchase(50, at=NOW))

    assert kept_rows(shown)["revenue_per_unit", "v-1"] == (550, 0, NEVER_WRITTEN, 0)


def test_slate__shown_again__leaves_what_was_before_exposure_unread(
    shown: Experiment, control: Variant
) -> None:
    Rollup.objects.filter(metric__key="revenue_per_unit").update(pre_y=NEVER_WRITTEN)

    put_slates(a_slate(shown.site, variant=control, at=NOW + HOUR))
    apply_all()

    assert kept_rows(shown)["ctr", "v-1"][:2] == (0, 2)
    assert kept_rows(shown)["revenue_per_unit", "v-1"] == (500, 0, NEVER_WRITTEN, 0)


def test_event__before_exposure_that_comes_late__is_added(shown: Experiment) -> None:
    arrive(shown, a_purchase(20, at=NOW - timedelta(microseconds=1)))

    assert revenue(shown) == (500, 0, 320, 0)


def test_events__before_and_since_exposure_in_one_pass__count_on_their_sides(
    shown: Experiment,
) -> None:
    arrive(shown, a_purchase(50, at=NOW + HOUR), a_purchase(20, at=NOW - HOUR))

    assert revenue(shown) == (550, 0, 320, 0)


def test_event__of_a_unit_without_a_row__has_a_history_of_zeros(
    experiment: Experiment, control: Variant
) -> None:
    put_slates(a_slate(experiment.site, variant=control))
    apply_all()
    Rollup.objects.all().delete()

    arrive(experiment, a_purchase(50, at=NOW))

    assert kept_rows(experiment)["revenue_per_unit", "v-1"] == (50, 0, 0, 0)


def test_exposure__that_turns_out_to_be_earlier__moves_what_was_before_it(
    shown: Experiment, control: Variant
) -> None:
    arrive(shown, a_purchase(20, at=NOW - 2 * DAY - HOUR))

    put_slates(a_slate(shown.site, variant=control, at=NOW - 2 * DAY))
    apply_all()

    assert revenue(shown) == (800, 0, 20, 0)


def test_metric__of_days_of_its_own__counts_in_these(shown: Experiment) -> None:
    a_metric(shown.site, "later", numerator=dict(PURCHASE), window_days=30, delay_days=2)
    keep(shown)
    days = (1, 2, 31, 32)

    put_events(shown.site, *(a_purchase(9, at=NOW + day * DAY) for day in days), now=NOW + 33 * DAY)
    apply_all()

    assert kept_rows(shown)["later", "v-1"] == (2, 0, 1, 0)
    assert revenue(shown) == (518, 0, 300, 0)


def test_refund__of_an_order_before_exposure__is_taken_from_what_was_before(
    shown: Experiment,
) -> None:
    value = {"amount": 120, "currency": "EUR"}
    arrive(shown, an_event("refund", at=NOW + DAY, order_id="before", value=value))

    assert revenue(shown) == (500, 0, 180, 0)


def shown_to_account(experiment: Experiment, **fields: Any) -> ServedSlate:
    own: dict[str, Any] = {"account_id": "a-1", "unit_id": "a-1", "unit_type": "account"}
    return a_slate(experiment.site, variant=variants_of(experiment)["control"], **own | fields)


def test_link__that_turns_out_to_be_older__brings_what_the_account_did_before_exposure() -> None:
    experiment = a_kept_experiment(unit_type="account")
    put_slates(shown_to_account(experiment, visitor_id=""))
    arrive(experiment, a_purchase(300, at=NOW - DAY), a_purchase(40, at=NOW + HOUR))
    assert ("revenue_per_unit", "a-1") not in kept_rows(experiment)

    arrive(experiment, an_event("login", at=NOW - 2 * DAY, unit=BOTH))

    assert revenue(experiment, "a-1") == (40, 0, 300, 0)


def test_unit__flagged_and_cleared_again__has_its_history_back(shown: Experiment) -> None:
    flag = FlaggedUnit(site=shown.site, unit_type="visitor", unit_id="v-1", traffic="bot")
    flag_unit(flag)
    assert kept_rows(shown) == {}
    arrive(shown, a_purchase(20, at=NOW - HOUR), a_purchase(50, at=NOW + HOUR))
    assert kept_rows(shown) == {}

    forget_flag(flag, actor="ada")

    assert revenue(shown) == (550, 0, 320, 0)


def test_erasure__of_what_an_account_did_as_a_visitor__takes_its_history() -> None:
    experiment = a_kept_experiment(unit_type="account")
    put_slates(shown_to_account(experiment))
    arrive(experiment, a_purchase(300, at=NOW - HOUR, unit=BOTH), a_purchase(40, unit=BOTH))
    assert revenue(experiment, "a-1") == (40, 0, 300, 0)

    erase_rows(Subject(experiment.site, "visitor", "v-1", "v-1"))

    assert kept_rows(experiment) == {}
    assert recounted(experiment) == []


def test_metric__that_is_being_built__is_read_in_full(
    experiment: Experiment, control: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = [f"u{number:02}" for number in range(8)]
    Exposure.objects.bulk_create(exposure(experiment, control, unit, NOW) for unit in units)
    Event.objects.bulk_create(
        event(experiment.site, "purchase", NOW - DAY, visitor_id=unit, amount=100, order_ref=unit)
        for unit in units
    )
    monkeypatch.setattr(building, "CHUNKS", {})
    monkeypatch.setattr(building, "CHUNK", 4)
    a_metric(experiment.site, "orders", numerator=dict(PURCHASE))
    ask_for_rollups(experiment, NOW)
    assert not build_phase(experiment.pk, 1, limit_s=0)
    assert statuses(experiment) == {"building", "current"}

    arrive(experiment, *(a_purchase(50, unit={"visitor_id": each}) for each in ("u00", "u07")))

    assert kept_rows(experiment)["orders", "u00"] == (1, 0, 1, 0)
    assert kept_rows(experiment)["orders", "u07"] == (1, 0, 1, 0)
