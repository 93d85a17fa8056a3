"""Splits of an A/A replay through real processes: they come to what the rows say of them."""

import pytest

from analytics.replay.running import Prepared, prepare
from config.aa.agreeing import disagreements, judge_sample, summed_up
from config.aa.apart import ask_apart
from config.aa.recording import Sample, assignment, record
from experiments.models import Event
from tests.analytics.replay.shop import a_past

pytestmark = [pytest.mark.flow, pytest.mark.django_db]


def test_splits__through_the_interface__agree_with_the_rows() -> None:
    prepared = prepare(a_past(400, monitoring="fixed"))
    sample = record(prepared, seed=1, most=250)
    judge = judge_sample(prepared, sample)

    answers = ask_apart(assignment(prepared, sample, splits=2, seed=1))
    problems = disagreements(judge, answers)

    told = summed_up(judge, answers, problems, 0)
    assert problems == []
    assert told["agrees"]
    assert told["metrics"] == ["conversion", "revenue_per_unit", "ctr"]
    assert told["lists"] + told["events"] > 400
    assert answers[0]["moments"] != answers[1]["moments"]
    assert {row["source"] for row in answers[0]["metrics"].values()} == {"rollup"}
    lost = _with_one_order_less(prepared, sample, answers)
    assert {problem.split(": ")[0] for problem in lost} == {each["seed"] for each in answers}


def _with_one_order_less(
    prepared: Prepared, sample: Sample, answers: list[dict[str, object]]
) -> list[str]:
    """Return what differs when the rows hold one order less than what went over HTTP."""
    names = prepared.units.ids[sample.places].tolist()
    order = Event.objects.filter(type="purchase", visitor_id__in=names).latest("ts_us")
    order.delete()
    return disagreements(judge_sample(prepared, sample), answers)
