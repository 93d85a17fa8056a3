"""Trained anew: by schedule, on drift, on decay of clicks; the reason is kept."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from experiments.clock import microseconds
from experiments.intake.importing import EventRecord, import_events
from experiments.models import Experiment, Phase, Site, Slate
from experiments.services import start_experiment
from recommenders.models import Artifact, Cause, Recommender
from recommenders.services import measure, request_due, request_training, train_artifact, watching
from tests.factories import draft_experiment, trained
from tests.recommenders.registry import bad
from tests.recommenders.registry.tastes import recommender_of, shop_of_tastes

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def planned(site: Site, **plan: Any) -> Recommender:
    """Return popularity, trained, with a plan of when to train it anew."""
    trained(site, "popularity")
    Recommender.objects.filter(site=site, key="popularity").update(**plan)
    return Recommender.objects.get(site=site, key="popularity")


def later(hours: float) -> datetime:
    return timezone.now() + timedelta(hours=hours)


def test_schedule__not_yet_due__queues_nothing() -> None:
    planned(shop_of_tastes(), retrain_every_hours=24)

    assert request_due(now=later(23.9)) == []


def test_schedule__due__queues_one_with_the_reason_and_no_second_beside_it() -> None:
    planned(shop_of_tastes(), retrain_every_hours=24)

    (artifact,) = request_due(now=later(24.1))

    assert (artifact.cause, artifact.cause_detail) == (Cause.SCHEDULE, "every 24 h")
    assert artifact.status == Artifact.Status.QUEUED
    assert request_due(now=later(48)) == []


def test_schedule__without_a_plan__queues_nothing_ever() -> None:
    planned(shop_of_tastes())

    assert request_due(now=later(10_000)) == []


def test_schedule__of_what_was_never_trained__is_left_to_people() -> None:
    site = shop_of_tastes()
    Recommender.objects.filter(site=site).update(retrain_every_hours=1)

    assert request_due(now=later(100)) == []


def test_schedule__that_keeps_failing__is_tried_once_an_interval() -> None:
    site = shop_of_tastes()
    planned(site, retrain_every_hours=24)
    failed = request_training(site=site, key="popularity")
    Artifact.objects.filter(pk=failed.pk).update(
        status=Artifact.Status.FAILED, created_at=later(24)
    )

    assert request_due(now=later(30)) == []
    assert len(request_due(now=later(49))) == 1


def test_schedule__between_full_trainings__learns_on_where_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad.install(monkeypatch)
    site = shop_of_tastes()
    recommender_of(site, "learner")
    Recommender.objects.filter(key="tried").update(retrain_every_hours=24, warm_every_hours=6)
    first = train_artifact(artifact_id=request_training(site=site, key="tried").pk)

    (warm,) = request_due(now=later(7))
    train_artifact(artifact_id=warm.pk)
    (full,) = request_due(now=later(25))

    assert (warm.started_from, warm.cause) == (first, Cause.SCHEDULE)
    assert "from the last artifact" in warm.cause_detail
    assert full.started_from is None


def came_later(site: Site, count: int, *, items: list[str]) -> None:
    """Let visitors touch these items after everything so far."""
    now = timezone.now()
    import_events(
        site=site,
        events=[
            EventRecord(
                event_id=UUID(int=10**9 + number),
                type="view_item",
                occurred_at=now + timedelta(seconds=1 + number),
                visitor_id=f"v-{number % 50:02d}",
                item_id=items[number % len(items)],
            )
            for number in range(count)
        ],
    )


def test_drift__other_items_wanted__trains_anew_and_says_what_moved() -> None:
    site = shop_of_tastes()
    recommender = planned(site, drift_limit=0.25)
    came_later(site, 1_000, items=["sku-1", "sku-2"])

    (artifact,) = request_due(now=later(25))

    assert artifact.cause == Cause.DRIFT
    assert "stability index" in artifact.cause_detail
    recommender.refresh_from_db()
    assert recommender.drift["features"]["price"] > 0.25
    assert recommender.drift["n"] == 1_000


def test_drift__of_more_than_can_be_held__compares_a_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "MOST", 1_200)
    site = shop_of_tastes()
    recommender = planned(site)
    came_later(site, 1_500, items=["sku-1", "sku-2"])

    watching.measure_drift(recommender=recommender, now=later(25))

    recommender.refresh_from_db()
    assert recommender.drift["n"] == 1_200
    assert recommender.drift["features"]["price"] > 0.25


def test_drift__too_few_interactions__says_so_and_trains_nothing() -> None:
    site = shop_of_tastes()
    recommender = planned(site, drift_limit=0.25)
    came_later(site, 999, items=["sku-1"])

    assert request_due(now=later(25)) == []

    recommender.refresh_from_db()
    assert "999 interactions since its data end; 1,000 are needed" in recommender.drift["missing"]


def test_drift__just_trained_for__waits_a_day() -> None:
    site = shop_of_tastes()
    planned(site, drift_limit=0.25)
    came_later(site, 1_000, items=["sku-1", "sku-2"])

    assert request_due(now=later(23)) == []


def test_drift__measured_by_hand__trains_nothing() -> None:
    site = shop_of_tastes()
    recommender = planned(site)
    came_later(site, 1_000, items=["sku-1", "sku-2"])
    Artifact.objects.update(trained_until=timezone.now() - HOUR)

    measure(recommender_id=recommender.pk)

    recommender.refresh_from_db()
    assert recommender.drift["missing"]
    assert recommender.decay["experiments"] == []
    assert Artifact.objects.count() == 1


def in_experiment(site: Site, days: int) -> Experiment:
    """Return an experiment of popularity against random that has run for so many days."""
    trained(site, "popularity", "random")
    experiment = draft_experiment(site, allocation=10_000)
    start_experiment(experiment_id=experiment.pk, waiver="a test")
    began = timezone.now() - timedelta(days=days)
    Phase.objects.filter(experiment=experiment).update(started_at=began)
    return Experiment.objects.get(pk=experiment.pk)


def shown(experiment: Experiment, variant: str, *, days_ago: float, clicked: int) -> None:
    """Record two lists for each of 150 units; so many of the units clicked one."""
    at = timezone.now() - timedelta(days=days_ago)
    row = experiment.variants.get(key=variant)
    number = Slate.objects.count()
    Slate.objects.bulk_create(
        Slate(
            site=experiment.site,
            request_id=UUID(int=number + n + 1),
            placement="home",
            served_at=at,
            ts_us=microseconds(at),
            day=f"{at:%Y-%m-%d}",
            experiment=experiment,
            phase=1,
            variant=row,
            unit_id=f"{variant}-{n // 2}",
            reason="SPLIT",
            recommender="random",
            clicked=int(n % 2 == 0 and n // 2 < clicked),
        )
        for n in range(300)
    )


def with_clicks(then: tuple[int, int], now: tuple[int, int], *, days: int = 21) -> Site:
    """Return a site whose experiment had these units click: control's and treatment's."""
    site = shop_of_tastes()
    experiment = in_experiment(site, days)
    for days_ago, clicks in ((days - 2.0, then), (2.0, now)):
        for variant, clicked in zip(("control", "treatment"), clicks, strict=True):
            shown(experiment, variant, days_ago=days_ago, clicked=clicked)
    Recommender.objects.filter(key="random").update(watches_ctr=True)
    Artifact.objects.update(created_at=timezone.now() - timedelta(days=30))
    return site


def test_decay__of_clicks_against_control__trains_anew_and_says_where() -> None:
    with_clicks((60, 90), (60, 30))

    (artifact,) = request_due()

    assert (artifact.recommender.key, artifact.cause) == ("random", Cause.DECAY)
    assert artifact.cause_detail.startswith("home-test, Treatment: CTR against control -")


@pytest.mark.parametrize(
    ("then", "now", "days"),
    [
        ((60, 90), (60, 84), 21),  # within noise
        ((60, 90), (30, 45), 21),  # the whole site fell
        ((60, 60), (60, 90), 21),  # it rose
        ((60, 90), (60, 30), 13),  # not two whole weeks yet
        ((60, 90), (60, 5), 21),  # too few clicks
    ],
)
def test_decay__that_chance_or_the_site_explains__trains_nothing(
    then: tuple[int, int], now: tuple[int, int], days: int
) -> None:
    with_clicks(then, now, days=days)

    assert request_due() == []


def test_decay__nobody_watches__is_measured_by_hand_alone() -> None:
    site = with_clicks((60, 90), (60, 30))
    Recommender.objects.filter(key="random").update(watches_ctr=False)

    assert request_due() == []
    recommender = Recommender.objects.get(site=site, key="random")
    measure(recommender_id=recommender.pk)
    recommender.refresh_from_db()
    (reading,) = recommender.decay["experiments"]
    assert reading["has_decayed"]
    assert reading["high"] < 0
