"""The whole table: who beats whom, what fails, and that nothing depends on chance unseen."""

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

from recommenders.errors import EvaluationError
from recommenders.evaluation.definitions import METRICS
from recommenders.evaluation.evaluating import Plan, evaluate, with_baseline
from recommenders.evaluation.exporting import HEADER, rows
from recommenders.evaluation.findings import findings
from recommenders.evaluation.folds import Fold, Group
from recommenders.evaluation.results import Contender, Results, Row, results_from
from tests.recommenders.data import checkerboard, training_data
from tests.recommenders.evaluation.example import fold as example_fold

SIZE = 40
PLAN = Plan(k=5, draws=200)


def _fold() -> Fold:
    """Return units of two tastes whose held-out diagonal is wanted: half are called warm."""
    data = checkerboard(SIZE)
    diagonal = np.stack([np.arange(SIZE)] * 2, axis=1)
    example = example_fold()
    nothing = training_data(np.zeros((0, 2), np.int64), n_units=SIZE, n_items=SIZE).matrix
    return Fold(
        data=data,
        units=np.arange(SIZE),
        identity=np.arange(SIZE),
        group=np.where(np.arange(SIZE) % 4 < 2, Group.HOT, Group.WARM).astype(np.int8),
        segments=np.full(SIZE, -1),
        wanted=training_data(diagonal, n_units=SIZE, n_items=SIZE).matrix,
        recent=nothing,
        seen=data.matrix,
        hides_seen=example.hides_seen,
    )


@cache
def _results() -> Results:
    contenders = [
        Contender("neighbours", "item_knn"),
        Contender("chance", "random"),
        Contender("broken", "item_knn", {"neighbours": 0}),
    ]
    return evaluate([_fold()], contenders, PLAN)


def _row(name: str, group: str = "all", results: Results | None = None) -> Row:
    found = results or _results()
    return next(row for row in found.rows if (row.name, row.group) == (name, group))


def _value(name: str, metric: str, group: str = "all") -> float:
    value = _row(name, group).figures[metric].value
    assert value is not None
    return value


def test_evaluate__two_tastes__are_seen_by_neighbours_and_not_by_popularity() -> None:
    assert _value("neighbours", "mrr") == 1
    assert _value("popularity", "ndcg") < _value("neighbours", "ndcg")
    against = _row("neighbours").against
    assert against is not None
    assert against.mark == "better"


def test_evaluate__popularity__is_always_there_and_first() -> None:
    assert _results().runs[0].name == "popularity"
    assert _row("popularity").against is None


def test_evaluate__contender_that_fails__is_told_and_disturbs_nobody() -> None:
    broken = next(run for run in _results().runs if run.name == "broken")

    assert "neighbours must be at least 1" in broken.error
    assert broken.fit_s is None
    assert not [row for row in _results().rows if row.name == "broken"]


def test_evaluate__groups__stand_apart_and_empty_ones_are_left_out() -> None:
    assert _results().groups == ["all", "hot", "warm"]
    counts = [_row("chance", group).n_units for group in ("all", "hot", "warm")]
    assert counts == [SIZE, SIZE // 2, SIZE // 2]
    assert _value("chance", "recall") == pytest.approx(
        (_value("chance", "recall", "hot") + _value("chance", "recall", "warm")) / 2
    )


def test_evaluate__every_figure__lies_within_its_interval() -> None:
    for row in _results().rows:
        for metric in METRICS:
            figure = row.figures[metric.key]
            if figure.low is None or figure.high is None:
                assert not metric.has_interval or figure.value is None
            else:
                assert figure.value is not None
                assert figure.low <= figure.value + 1e-9
                assert figure.high >= figure.value - 1e-9


def test_evaluate__again__gives_the_same_but_for_times() -> None:
    contenders = [Contender("neighbours", "item_knn"), Contender("chance", "random")]

    again = evaluate([_fold()], contenders, PLAN)

    assert again.rows[:2] == [_row("popularity"), _row("neighbours")]


def test_evaluate__same_fold_twice__counts_each_unit_once() -> None:
    contenders = [Contender("neighbours", "item_knn")]

    twice = evaluate([_fold(), _fold()], contenders, PLAN)

    row = _row("neighbours", results=twice)
    assert row.n_units == SIZE
    assert row.figures == _row("neighbours").figures


def test_evaluate__one_unit__is_shown_and_not_compared() -> None:
    alone = _fold().where(np.arange(SIZE) == 3)

    results = evaluate([alone], [Contender("chance", "random")], PLAN)

    assert _row("chance", results=results).against is None
    assert results.pairs["all"] == []
    assert dict(findings(results))["all"].startswith("1 unit")


def test_evaluate__progress__counts_every_question_of_everybody() -> None:
    told: list[tuple[str, int]] = []

    evaluate(
        [_fold()],
        [Contender("chance", "random")],
        PLAN,
        advance=lambda name, count: told.append((name, count)),
    )

    assert {name for name, _ in told} == {"popularity", "chance"}
    assert sum(count for _, count in told) == 2 * SIZE


@pytest.mark.parametrize(
    ("contenders", "said"),
    [
        ([Contender("one", "random"), Contender("one", "random")], "two recommenders"),
        ([Contender("popularity", "random")], "called popularity is random"),
    ],
)
def test_baseline__names_that_mislead__are_refused(contenders: Any, said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        with_baseline(contenders)


def test_baseline__popularity_with_settings__is_taken_as_it_is() -> None:
    chosen = Contender("popularity", "popularity", {"half_life_days": 3.0})

    assert with_baseline([Contender("x", "random"), chosen])[0] is chosen


def test_results__through_json__are_the_same() -> None:
    document = json.loads(json.dumps(_results().document(), allow_nan=False))

    assert results_from(document) == _results()


def test_findings__of_two_tastes__name_the_leader_and_who_is_not_told_apart() -> None:
    said = dict(findings(_results()))["all"]

    assert said.startswith("neighbours leads with NDCG ")
    assert "Better than popularity: neighbours." in said


def test_rows__of_a_spreadsheet__have_a_cell_under_every_heading() -> None:
    header, *body = rows(_results())

    assert header == HEADER
    assert len(body) == len(_results().rows) * len(METRICS)
    assert {len(row) for row in body} == {len(HEADER)}
