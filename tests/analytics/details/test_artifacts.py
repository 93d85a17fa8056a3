"""The timeline of artifacts: what answered when, and what stood in for it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from analytics.details.artifacts import MOST_SPANS, Span, artifacts_of, merge_spans
from experiments.clock import microseconds
from experiments.models import Experiment, Slate, Variant
from tests.analytics.details.scopes import START, whole
from tests.analytics.rows import slate

pytestmark = pytest.mark.django_db


def at(days: float) -> datetime:
    return START + timedelta(days=days)


def answered(variant: Variant, days: float, artifact: str, **fields: Any) -> None:
    slate(variant, "u", at(days), artifact=artifact, **fields).save()


def spans(experiment: Experiment, key: str = "control") -> list[tuple[str, int, int, int]]:
    rows = artifacts_of(whole(experiment))["variants"][key]["spans"]
    return [(row["artifact"], row["from_us"], row["until_us"], row["lists"]) for row in rows]


def test_artifacts__one_after_another__are_two_stretches(
    experiment: Experiment, control: Variant
) -> None:
    for day in (0, 1, 2):
        answered(control, day, "knn@1")
    answered(control, 3, "knn@2")

    assert spans(experiment) == [
        ("knn@1", microseconds(at(0)), microseconds(at(2)), 3),
        ("knn@2", microseconds(at(3)), microseconds(at(3)), 1),
    ]
    assert spans(experiment, "treatment") == []


def test_artifacts__rolled_back__is_served_in_two_stretches(
    experiment: Experiment, control: Variant
) -> None:
    for day, name in enumerate(["knn@1", "knn@2", "knn@1"]):
        answered(control, day, name)

    assert [row[0] for row in spans(experiment)] == ["knn@1", "knn@2", "knn@1"]


def test_artifacts__without_a_file__are_called_by_the_recommender(
    experiment: Experiment, control: Variant
) -> None:
    answered(control, 0, "")

    assert spans(experiment)[0][0] == "popularity"


def test_artifacts__fallback__is_no_stretch_but_a_gap_with_its_reason(
    experiment: Experiment, control: Variant
) -> None:
    answered(control, 0, "knn@1")
    answered(control, 0.1, "old@1", fallback="late")
    answered(control, 0.2, "old@1", fallback="late")

    assert [row[0] for row in spans(experiment)] == ["knn@1"]
    gap = artifacts_of(whole(experiment))["variants"]["control"]["fallbacks"]
    assert gap == [
        {
            "day": at(0).date().isoformat(),
            "reason": "late",
            "from_us": microseconds(at(0.1)),
            "until_us": microseconds(at(0.2)),
            "lists": 2,
        }
    ]


def test_artifacts__lists_of_testers_and_bots__are_left_out(
    experiment: Experiment, control: Variant
) -> None:
    answered(control, 0, "test@1", reason="OVERRIDE")
    answered(control, 0, "bot@1", traffic="bot")

    assert spans(experiment) == []


def test_artifacts__too_many_stretches__are_cut_and_counted(
    experiment: Experiment, control: Variant
) -> None:
    Slate.objects.bulk_create(
        slate(control, "u", at(number / 20), artifact=f"knn@{number}")
        for number in range(MOST_SPANS + 3)
    )

    found = artifacts_of(whole(experiment))["variants"]["control"]

    assert (len(found["spans"]), found["left_out"]) == (MOST_SPANS, 3)


def test_merge_spans__of_two_that_answer_by_turns__keeps_their_order() -> None:
    by_turns = [Span("a", 0, 10, 1), Span("b", 5, 6, 1), Span("a", 11, 20, 1)]

    assert [each.artifact for each in merge_spans(by_turns)] == ["a", "b", "a"]
