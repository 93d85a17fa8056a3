"""What a run still needs, from its stored report, beside the formula by hand."""

import math
from typing import Any

import pytest

from analytics.launch.remaining import cumulative_of, remaining_of
from analytics.stats.planning.duration import NoEnd
from tests.analytics.rows import Shares
from tests.analytics.web.reports import NOBODY, reported, results_of

pytestmark = pytest.mark.django_db

FEW = {"control": Shares(700, 0.2), "treatment": Shares(700, 0.22)}
CONSTANT = 7.848879734


@pytest.fixture
def results() -> dict[str, Any]:
    return results_of(reported(FEW, has_ended=False, mde=0.1, monitoring="fixed"))


def primary(results: dict[str, Any], **asked: float) -> Any:
    (found,) = [each for each in remaining_of(results, **asked) if each.key == "revenue_per_unit"]
    return found


def test_remaining__of_a_run__is_what_its_error_and_pace_say(results: dict[str, Any]) -> None:
    (row,) = [each for each in results["metrics"] if each["key"] == "revenue_per_unit"]
    (compared,) = row["comparisons"].values()

    found = primary(results).projection

    wanted = 0.1 * compared["control"]["value"]
    needed = 1400 * CONSTANT * (compared["se"] / wanted) ** 2
    assert cumulative_of(results)[-1] == 1400
    assert found.n_needed == pytest.approx(math.ceil(needed), abs=1)
    assert found.new_per_day == pytest.approx(100, rel=0.15)
    assert found.days_missing == math.ceil((needed - 1400) / found.new_per_day)


def test_remaining__larger_lift__is_found_sooner(results: dict[str, Any]) -> None:
    tenth, whole = (primary(results, lift=each).projection for each in (0.1, 1.0))

    assert whole.n_needed == pytest.approx(tenth.n_needed / 100, rel=0.01)
    assert whole.days_missing == 0


def test_remaining__guardrail__is_to_exclude_its_margin(results: dict[str, Any]) -> None:
    for row in results["metrics"]:
        if row["key"] == "revenue_per_unit":
            row["role"], row["margin"] = "guardrail", 0.1

    found = primary(results)

    one_sided = 6.182557232 / CONSTANT
    superior = primary(results | {"metrics": [_without_margin(results)]})
    assert (found.is_guardrail, found.sought) == (True, 0.1)
    assert found.projection.n_needed == pytest.approx(
        superior.projection.n_needed * one_sided, rel=0.001
    )


def _without_margin(results: dict[str, Any]) -> dict[str, Any]:
    (row,) = [each for each in results["metrics"] if each["key"] == "revenue_per_unit"]
    return dict(row) | {"margin": None}


def test_remaining__nothing_sought_or_seen__is_told_apart(results: dict[str, Any]) -> None:
    nothing = primary(results | {"mde": None})
    for row in results["metrics"]:
        for compared in row["comparisons"].values():
            compared["se"], compared["status"] = None, "zero_variance"

    blind = primary(results)

    assert (nothing.sought, nothing.projection) == (None, None)
    assert (blind.sought, blind.projection) == (0.1, None)


def test_remaining__traffic_that_ended__has_no_end(results: dict[str, Any]) -> None:
    for units in results["series"]["exposures"].values():
        units[-8:] = [0] * 8

    assert primary(results, lift=0.01).projection.reason is NoEnd.NO_TRAFFIC


def test_remaining__nobody_exposed__is_empty() -> None:
    assert remaining_of(results_of(reported(NOBODY, has_ended=False))) == ()
