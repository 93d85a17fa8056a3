"""Differences between variants before anyone was exposed."""

import pytest

from analytics.stats.proportions import share_estimate
from analytics.stats.results import CheckLevel, Estimate, Kind, Status
from analytics.stats.validity.pre_exposure import ADJUST, STOP, check_pre_exposure

Metric = tuple[Kind, Estimate, Estimate]


def _shifted(z: float) -> Metric:
    """Return a metric whose variants lie z standard errors apart."""
    return Kind.MEAN, Estimate(10**6, 1.0, 0.5), Estimate(10**6, 1.0 + z, 0.5)


@pytest.mark.parametrize(
    ("z", "level", "action"),
    [(1.9, CheckLevel.OK, ""), (2.5, CheckLevel.WARN, ADJUST), (3.5, CheckLevel.BLOCK, STOP)],
)
def test_prior__distance__sets_level(z: float, level: CheckLevel, action: str) -> None:
    found = check_pre_exposure({"revenue": _shifted(z)})

    assert (found.level, found.action) == (level, action)


def test_prior__one_of_three_metrics__is_corrected_by_holm() -> None:
    alone = check_pre_exposure({"a": _shifted(2.1)})
    among = check_pre_exposure({"a": _shifted(2.1), "b": _shifted(0.1), "c": _shifted(0.2)})

    assert alone.level is CheckLevel.WARN
    assert among.level is CheckLevel.OK
    p_value = alone.evidence.metrics[0].comparison.p_value
    assert p_value is not None
    assert among.evidence.metrics[0].p_adjusted == pytest.approx(3 * p_value)


def test_prior__grave_difference__no_longer_offers_chance_first() -> None:
    warned, blocked = (check_pre_exposure({"a": _shifted(z)}) for z in (2.5, 4.5))

    assert warned.causes[0].startswith("chance")
    assert blocked.causes[-1].startswith("chance")


@pytest.mark.parametrize(
    "metrics",
    [
        {},
        {"a": (Kind.BINARY, share_estimate(0, 0), share_estimate(0, 0))},
        {"a": (Kind.BINARY, share_estimate(0, 90), share_estimate(0, 90))},
    ],
    ids=["no metric", "no units", "all zero"],
)
def test_prior__nothing_to_compare__is_insufficient(metrics: dict[str, Metric]) -> None:
    found = check_pre_exposure(metrics)

    assert (found.level, found.status) == (CheckLevel.OK, Status.INSUFFICIENT_DATA)
