"""What a scrape reads, and who may scrape."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from experiments.drain import drain_once
from experiments.health.heartbeats import BEAT, leave_heartbeat
from experiments.intake.inbox import write_slates
from experiments.intake.slates import ServedSlate
from experiments.models import InboxBatch, Site, Tally, Variant
from experiments.services import end_experiment
from recommenders.serving.breaker import Cause
from recommenders.serving.told import tell
from tests.factories import NOW, a_site, running_experiment

pytestmark = pytest.mark.django_db
LIST_LABELS = ("site", "experiment", "variant", "recommender", "fallback")


def scraped(**headers: str) -> dict[tuple[str, str], float]:
    """Return every sample by its name and the value of its label."""
    answer = Client().get("/metrics", **headers)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def put_batch(site: Site, age_s: float, n_events: int) -> None:
    received_at = datetime.now(UTC) - timedelta(seconds=age_s)
    InboxBatch.objects.create(
        site=site, kind="events", received_at=received_at, doc="{}", n_events=n_events
    )


def test_scrape__of_a_working_installation__has_counts_and_ages() -> None:
    site = a_site()
    Tally.objects.create(site=site, slot=1, accepted=9, refused=2)
    Tally.objects.create(site=site, slot=0, applied=4, duplicates=1, newest_us=1_500_000)
    put_batch(site, 12, 3)
    leave_heartbeat(BEAT)

    samples = scraped()

    assert samples["armature_events_accepted_total", "shop"] == 9
    assert samples["armature_events_refused_total", "shop"] == 2
    assert samples["armature_events_applied_total", "shop"] == 4
    assert samples["armature_events_duplicates_total", "shop"] == 1
    assert samples["armature_events_waiting", "shop"] == 3
    assert samples["armature_events_unaccounted", "shop"] == 1
    assert samples["armature_events_newest_timestamp_seconds", "shop"] == 1.5
    assert 12 <= samples["armature_events_oldest_age_seconds", ""] < 60
    assert samples["armature_spool_bytes", ""] == 0
    assert samples["armature_heartbeat_age_seconds", "beat"] < 60


def test_scrape__of_an_empty_installation__has_no_age() -> None:
    assert scraped()["armature_events_oldest_age_seconds", ""] == 0


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": "192.0.2.7"}, 403),
        ({"REMOTE_ADDR": ""}, 403),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"}, 403),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=192.0.2.7"}, 403),
    ],
)
def test_scrape__without_a_token__is_left_to_this_machine(said: Any, status: int) -> None:
    assert Client().get("/metrics", **said).status_code == status


@pytest.mark.parametrize(
    ("given", "status"),
    [("Bearer right", 200), ("Bearer wrong", 403), ("right", 403), ("", 403), ("Bearer é", 403)],
)
def test_scrape__where_a_token_is_set__needs_it_from_everywhere(
    settings: Settings, given: str, status: int
) -> None:
    settings.METRICS_TOKEN = "right"
    said: Any = {"HTTP_AUTHORIZATION": given}

    assert Client().get("/metrics", **said).status_code == status
    assert Client().get("/metrics", REMOTE_ADDR="192.0.2.7", **said).status_code == status


def test_scrape__of_a_recommender_left_alone__names_it() -> None:
    site = a_site()
    before = scraped()
    tell({(site.pk, "sleepy"): Cause.SLOW})

    assert ("armature_recommender_left_alone", "sleepy") not in before
    assert scraped()["armature_recommender_left_alone", "sleepy"] == 1
    tell({})
    assert ("armature_recommender_left_alone", "sleepy") not in scraped()


def test_scrape__of_lists_that_were_served__counts_them_by_whom_why_and_where() -> None:
    site = a_site()
    experiment = running_experiment(site)
    treatment = experiment.variants.get(key="treatment")
    other = running_experiment(a_site("other"))
    put_slates(site, variant=treatment, recommender="random", n=2)
    put_slates(site, variant=treatment, recommender="popularity", fallback="too_slow", n=1)
    put_slates(site, recommender="popularity", n=3)
    drain_once()
    put_slates(site, variant=treatment, recommender="random", n=1)
    drain_once()

    samples = served()

    assert samples == {
        ("shop", "random", ""): 3,
        ("shop", "popularity", "too_slow"): 1,
        ("shop", "popularity", ""): 3,
        ("shop", "home-test", "treatment", ""): 3,
        ("shop", "home-test", "treatment", "too_slow"): 1,
    }
    assert other.status == experiment.status == "running"


def test_scrape__of_an_experiment_that_ended__keeps_only_its_recommenders() -> None:
    site = a_site()
    experiment = running_experiment(site)
    put_slates(site, variant=experiment.variants.get(key="control"), recommender="popularity", n=1)
    drain_once()
    end_experiment(experiment_id=experiment.pk, reason="enough")

    assert served() == {("shop", "popularity", ""): 1}


def put_slates(
    site: Site, *, recommender: str, n: int, fallback: str = "", variant: Variant | None = None
) -> None:
    """Let lists wait for the drain."""
    found = [
        ServedSlate(
            site_id=site.pk,
            request_id=uuid4(),
            placement="home",
            served_at=NOW,
            visitor_id=f"v-{index}",
            experiment_id=variant.experiment_id if variant else None,
            phase=1 if variant else None,
            variant_id=variant.pk if variant else None,
            unit_id=f"v-{index}" if variant else "",
            unit_type="visitor" if variant else "",
            reason="SPLIT" if variant else "NO_EXPERIMENT",
            recommender=recommender,
            fallback=fallback,
        )
        for index in range(n)
    ]
    write_slates(found)


def served() -> dict[tuple[str, ...], float]:
    """Return the counters of lists by the values of their labels, in the order of LIST_LABELS."""
    text = Client().get("/metrics").content.decode()
    return {
        tuple(sample.labels[name] for name in LIST_LABELS if name in sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.endswith("lists_served_total")
    }
