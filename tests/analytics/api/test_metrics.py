"""The library of metrics over the API: made, changed into new versions, archived, refused."""

from typing import Any

import pytest

from analytics.models import ExperimentMetric, Metric
from experiments.models import Site
from tests.callers import Caller, caller_for, refusal
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db

CLICKS: dict[str, Any] = {
    "key": "shoe_clicks",
    "name": "Clicks on shoes",
    "kind": "mean",
    "numerator": {
        "source": "events",
        "type": "select_item",
        "where": {"category": "shoes", "position": {"lte": 3}},
    },
    "window_days": 7,
    "tags": ["lists"],
}


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def caller(site: Site) -> Caller:
    return caller_for(site, "analyses")


def test_metric__made__is_listed_with_where_it_is_used(site: Site, caller: Caller) -> None:
    made = caller.post("metrics", CLICKS)
    metric = Metric.objects.get(site=site, key="shoe_clicks")
    experiment = draft_experiment(site)
    ExperimentMetric.objects.create(experiment=experiment, metric=metric, role="secondary")

    read = caller.get("metrics/shoe_clicks").json()
    rows = [row for row in listed(caller) if row["key"] == "shoe_clicks"]

    assert (made.status_code, made.json()["version"], made.json()["used_in"]) == (201, 1, [])
    assert read["numerator"] == CLICKS["numerator"]
    assert rows == [read]
    assert read["used_in"] == [
        {"experiment": "home-test", "status": "draft", "role": "secondary", "version": 1}
    ]


def listed(caller: Caller) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    path = "metrics"
    while path:
        page = caller.get(path).json()
        rows += page["results"]
        path = (page["next"] or "").partition("/api/v1/")[2]
    return rows


@pytest.mark.parametrize(
    ("changed", "version"),
    [
        ({"window_days": 3}, 2),
        ({"direction": "down"}, 2),
        ({"numerator": {"source": "slates"}}, 2),
        ({"owner": "ines", "tags": [], "description": "Clicks."}, 1),
        ({"window_days": 7}, 1),
    ],
)
def test_metric__changed__is_a_new_version_where_its_meaning_changes(
    site: Site, caller: Caller, changed: dict[str, Any], version: int
) -> None:
    caller.post("metrics", CLICKS)

    answer = caller.send("PATCH", "metrics/shoe_clicks", changed)

    assert answer.status_code == 200
    assert answer.json()["version"] == version
    assert {name: answer.json()[name] for name in changed} == changed
    first = Metric.objects.get(site=site, key="shoe_clicks", version=1)
    assert first.numerator == CLICKS["numerator"]
    assert first.window_days == 7


def test_metric__archived__is_no_longer_a_default_and_can_come_back(
    site: Site, caller: Caller
) -> None:
    archived = caller.post("metrics/ctr/archive").json()
    back = caller.send("DELETE", "metrics/ctr/archive").json()

    assert (archived["is_archived"], back["is_archived"]) == (True, False)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"numerator": {"source": "moon"}}, "numerator.source"),
        (
            {"numerator": {**CLICKS["numerator"], "where": {"position": "first"}}},
            "numerator.where.position",
        ),
        ({"kind": "ratio"}, "denominator"),
        ({"denominator": {"source": "slates"}}, "denominator"),
        ({"kind": "retention"}, "window_days"),
        ({"kind": "binary", "winsor": 0.99}, "winsor"),
        ({"winsor": 0.3}, "winsor"),
        ({"window_days": 0}, "window_days"),
        ({"tags": ["x" * 41]}, "tags"),
        ({"key": "ctr"}, "key"),
        ({"key": "no key"}, "key"),
        ({"windowdays": 3}, "windowdays"),
        ({"default_role": "boss"}, "default_role"),
    ],
)
def test_metric__that_cannot_be__is_refused_with_its_field(
    site: Site, caller: Caller, changed: dict[str, Any], field: str
) -> None:
    count = Metric.objects.count()

    status, _code, named = refusal(caller.post("metrics", CLICKS | changed))

    assert status == 400
    assert str(named).startswith(field)
    assert Metric.objects.count() == count


def test_metric__of_another_site__is_not_there(caller: Caller) -> None:
    other = a_site("other")
    Metric.objects.create(site=other, key="own", name="Own", kind="mean", numerator={})

    assert caller.get("metrics/own").status_code == 404
    assert caller.send("PATCH", "metrics/own", {"name": "Mine"}).status_code == 404
    assert caller.post("metrics/own/archive").status_code == 404
    assert "own" not in [row["key"] for row in listed(caller)]
