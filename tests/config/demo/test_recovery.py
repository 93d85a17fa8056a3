"""The report beside the truth, and many of them together."""

from typing import Any

from analytics.models import Analysis
from config.demo.recovery import Recovered, compare
from config.demo.seeds import Run, held_of, markdown
from config.simulation.truth import TrueValue


def recovered(low: float | None, high: float | None, true_lift: float = 0.1) -> Recovered:
    return Recovered("ctr", "lightfm", 0.1, low, high, true_lift, 0.01)


def run(seed: int, *lifts: Recovered) -> Run:
    return Run(seed, visitors=100, days=7, calls=10, units=90, verdict="ship", lifts=list(lifts))


def metric(key: str, span: dict[str, float] | None) -> dict[str, Any]:
    return {"key": key, "comparisons": {"lightfm": {"lift": 0.1, "lift_interval": span}}}


def test_recovered__truth_on_the_edge__is_inside() -> None:
    assert recovered(0.1, 0.2).is_inside
    assert recovered(0.0, 0.1).is_inside


def test_recovered__truth_beyond__is_not_inside() -> None:
    assert not recovered(0.11, 0.2).is_inside
    assert not recovered(0.0, 0.09).is_inside


def test_recovered__no_interval__holds_nothing() -> None:
    assert not recovered(None, None).is_inside


def test_compare__control_and_unknown_metrics__are_left_out() -> None:
    results = {"metrics": [metric("ctr", {"low": 0.0, "high": 0.3}), metric("other", None)]}
    truth = [
        TrueValue("ctr", "popularity", 0.2, None, None),
        TrueValue("ctr", "lightfm", 0.22, 0.12, 0.005),
    ]

    rows = list(compare(Analysis(results=results), truth))

    assert rows == [Recovered("ctr", "lightfm", 0.1, 0.0, 0.3, 0.12, 0.005)]


def test_compare__metric_without_interval__is_kept_and_not_inside() -> None:
    truth = [TrueValue("ctr", "lightfm", 0.22, 0.12, None)]

    rows = list(compare(Analysis(results={"metrics": [metric("ctr", None)]}), truth))

    assert [(row.low, row.is_inside) for row in rows] == [(None, False)]


def test_held__several_runs__are_counted_and_the_missing_seeds_named() -> None:
    runs = [
        run(1, recovered(0.0, 0.2)),
        run(2, recovered(0.3, 0.4, true_lift=0.2)),
        run(3, recovered(0.0, 0.4, true_lift=0.3)),
    ]

    (row,) = held_of(runs)

    assert (row.runs, row.held, row.missed) == (3, 2, (2,))
    assert abs(row.true_lift - 0.2) < 1e-12


def test_markdown__both_tables__name_the_drawn_seeds() -> None:
    text = markdown([run(1, recovered(0.0, 0.2))], [run(77, recovered(0.3, 0.4))])

    assert "| ctr | lightfm | 1 of 1 |" in text
    assert "| ctr | lightfm | 0 of 1 |" in text
    assert "Seeds 77." in text
