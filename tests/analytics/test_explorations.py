"""An exploration answers its question by the report's own code, and leaves the report alone."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.explorations import Question, described
from analytics.models import Analysis, Exploration, Metric
from analytics.services import (
    LEASE,
    change_settings,
    compute_analysis,
    compute_exploration,
    request_analysis,
    request_exploration,
)
from analytics.services.explorations import MOST_AT_ONCE
from analytics.stats.moments import Moments
from experiments.errors import InvalidInput, TooMany
from experiments.models import Event, Experiment, Exposure
from tests.analytics.rows import Shares, a_run
from tests.analytics.web.rich import DEVICES

pytestmark = pytest.mark.django_db

SHARES = {"control": Shares(600, 0.2), "treatment": Shares(600, 0.3)}


@pytest.fixture
def experiment() -> Experiment:
    run = a_run(SHARES)
    rows = list(Exposure.objects.filter(experiment=run).order_by("id"))
    for number, row in enumerate(rows):
        row.attributes = {"device": DEVICES[number % 3], "is_new": number % 2 == 0}
    Exposure.objects.bulk_update(rows, ["attributes"], batch_size=300)
    return run


def explored(experiment: Experiment, **asked: Any) -> Exploration:
    row = request_exploration(experiment=experiment, question=Question(**asked))
    done = compute_exploration(exploration_id=row.pk)
    assert done is not None
    assert done.error == ""
    return done


def buyers_of(experiment: Experiment, variant: str, **where: Any) -> tuple[int, int]:
    """Return how many units of a variant there are, and how many of them bought."""
    rows = Exposure.objects.filter(experiment=experiment, variant__key=variant, **where)
    units = list(rows.values_list("unit_id", flat=True))
    bought = Event.objects.filter(type="purchase").values_list("visitor_id", flat=True)
    return len(units), len(set(units) & set(bought))


@pytest.mark.parametrize(
    ("segment", "where"),
    [
        ({"device": "mobile"}, {"attributes__device": "mobile"}),
        ({"is_new": True}, {"attributes__is_new": True}),
        (
            {"device": "tablet", "is_new": False},
            {"attributes__device": "tablet", "attributes__is_new": False},
        ),
    ],
)
def test_exploration__of_a_segment__counts_its_units_alone(
    experiment: Experiment, segment: dict[str, Any], where: dict[str, Any]
) -> None:
    done = explored(experiment, segment=segment)

    for variant in done.report["variants"]:
        units, buyers = buyers_of(experiment, variant["key"], **where)
        found = Moments.from_dict(done.moments["conversion"][variant["key"]])
        assert variant["units"] == found.n == units
        assert found.sum_y == buyers
        assert 0 < buyers < units


def test_exploration__of_some_days__counts_units_first_exposed_on_them(
    experiment: Experiment,
) -> None:
    days = sorted(set(Exposure.objects.values_list("day", flat=True)))

    done = explored(experiment, day_from=days[2], day_to=days[5])

    where = {"day__gte": days[2], "day__lte": days[5]}
    units, buyers = buyers_of(experiment, "control", **where)
    found = Moments.from_dict(done.moments["conversion"]["control"])
    assert (found.n, found.sum_y) == (units, buyers)
    assert done.report["series"]["days"][0] == days[2]


def test_exploration__of_other_metrics_and_settings__is_judged_by_them(
    experiment: Experiment,
) -> None:
    done = explored(experiment, metrics=("ctr",), settings={"alpha": 0.2})

    (metric,) = done.report["metrics"]
    assert (metric["key"], metric["comparisons"]["treatment"]["alpha"]) == ("ctr", 0.2)
    assert done.settings["alpha"] == 0.2


def test_exploration__of_everything__has_the_numbers_of_the_report_but_no_verdict(
    experiment: Experiment,
) -> None:
    official = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)

    done = explored(experiment)

    assert official is not None
    assert done.moments == official.moments
    assert done.report["verdict"] is None
    assert official.report["verdict"]


def test_exploration__asked_and_answered__leaves_the_report_alone(experiment: Experiment) -> None:
    compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    before = list(Analysis.objects.values())

    explored(experiment, segment={"device": "mobile"}, settings={"uses_cuped": False})

    assert list(Analysis.objects.values()) == before


def test_exploration__of_a_segment_that_nobody_is_in__is_empty(experiment: Experiment) -> None:
    done = explored(experiment, segment={"device": "fridge' OR 1=1 --"})

    assert [variant["units"] for variant in done.report["variants"]] == [0, 0]
    assert done.status == "ready"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"segment": {"de'vice": "x"}}, "segment"),
        ({"segment": {"device": ["x"]}}, "segment"),
        ({"segment": {"device": "x" * 300}}, "segment"),
        ({"segment": {f"a{i}": 1 for i in range(6)}}, "segment"),
        ({"day_from": "yesterday"}, "day_from"),
        ({"day_from": "2026-11-09", "day_to": "2026-11-08"}, "day_from"),
        ({"metrics": ("nothing",)}, "metrics"),
        ({"settings": {"alhpa": 1}}, "alhpa"),
        ({"settings": {"alpha": 7}}, "alpha"),
        ({"settings": {"alpha": "much"}}, "alpha"),
        ({"settings": {"correction": "none"}}, "correction"),
    ],
)
def test_exploration__that_cannot_be_asked__is_refused_with_its_field(
    experiment: Experiment, asked: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        request_exploration(experiment=experiment, question=Question(**asked))

    assert refused.value.field == field
    assert not Exploration.objects.exists()


def test_exploration__one_more_than_may_run_at_once__waits_until_one_is_done(
    experiment: Experiment,
) -> None:
    rows = [
        request_exploration(experiment=experiment, question=Question()) for _ in range(MOST_AT_ONCE)
    ]
    with pytest.raises(TooMany):
        request_exploration(experiment=experiment, question=Question())

    compute_exploration(exploration_id=rows[0].pk)

    assert request_exploration(experiment=experiment, question=Question()).status == "queued"


def test_exploration__lost_long_ago__takes_no_room(experiment: Experiment) -> None:
    for _ in range(MOST_AT_ONCE):
        request_exploration(experiment=experiment, question=Question())
    old = Exploration.objects.latest("id").created_at - 3 * LEASE - timedelta(seconds=1)
    Exploration.objects.update(created_at=old)

    assert request_exploration(experiment=experiment, question=Question()).status == "queued"


def test_exploration__with_the_experiments_own_settings__follows_them(
    experiment: Experiment,
) -> None:
    change_settings(experiment=experiment, actor="ines", changes={"alpha": 0.01})

    assert explored(experiment).report["alpha"] == 0.01


def test_question__in_words__names_every_part() -> None:
    question = Question(
        segment={"is_new": True, "device": "mobile"},
        day_from="2026-11-08",
        metrics=("ctr",),
        settings={"uses_cuped": False},
    )

    assert described(question, {"ctr": "Click-through"}) == [
        "units with is_new = yes",
        "units with device = mobile",
        "first exposed since 2026-11-08",
        "metrics: Click-through",
        "uses_cuped no",
    ]


def test_metric__of_an_older_version__is_explored_in_the_experiments_own(
    experiment: Experiment,
) -> None:
    newest = Metric.objects.get(key="ctr")
    newest.pk, newest.version = None, 2
    newest._state.adding = True
    newest.save()

    assert explored(experiment, metrics=("ctr",)).settings["metrics"][0]["version"] == 2
