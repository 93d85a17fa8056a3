"""The page of A/A replays in each of its states."""

import pytest
from django.test import Client

from analytics.models import AaReplay
from analytics.services import compute_replay
from experiments.models import Experiment
from tests.analytics.replay.shop import a_past
from tests.factories import member

pytestmark = pytest.mark.django_db
PAGE = "/reports/home-test/aa/"


def computed() -> AaReplay:
    row = compute_replay(replay_id=AaReplay.objects.latest("pk").pk)
    assert row is not None
    return row


def text_of(client: Client) -> str:
    return client.get(PAGE).content.decode()


def test_page__before_any_replay__offers_one(analyst: Client) -> None:
    a_past(200)

    body = text_of(analyst)

    assert "Nothing was replayed yet." in body
    assert "Run A/A replay" in body
    assert "./armature manage aa home-test --site shop" in body


def test_replay__asked_on_the_page__is_computed_and_shown(analyst: Client) -> None:
    a_past(200, monitoring="fixed")

    asked = analyst.post(PAGE)
    AaReplay.objects.update(splits=25)  # a thousand take longer
    waiting = text_of(analyst)
    row = computed()
    body = text_of(analyst)

    assert asked.status_code == 302
    assert row.created_by is not None
    assert "data-pending" in waiting
    assert "0" in waiting
    assert "200 visitors of the last 28 days, those of 200 seen who would enter" in body
    assert "False claims of each metric" in body
    assert body.count('role="img"') == 3
    assert "of 25 splits were called broken" in body
    assert "No split went over HTTP yet" in body


def test_replay__asked_twice__is_made_once(analyst: Client) -> None:
    a_past(200)
    analyst.post(PAGE)

    body = analyst.post(PAGE, follow=True).content.decode()

    assert "a replay of this experiment is under way" in body
    assert AaReplay.objects.count() == 1


def test_replay__of_too_short_a_past__fails_with_the_reason(analyst: Client) -> None:
    a_past(50)
    analyst.post(PAGE)
    computed()

    body = text_of(analyst)

    assert "The last replay failed." in body
    assert "50 visitors were served a list at home in the last 28 days" in body


def test_replay__whose_settings_changed__is_stale(analyst: Client) -> None:
    experiment = a_past(200, monitoring="fixed")
    analyst.post(PAGE)
    AaReplay.objects.update(splits=20)
    computed()
    Experiment.objects.filter(pk=experiment.pk).update(window_days=7)

    body = text_of(analyst)

    assert "This replay is stale." in body
    assert "Changed since: window days." in body


def test_page__of_a_hostile_name__is_escaped(analyst: Client) -> None:
    experiment = a_past(200)
    Experiment.objects.filter(pk=experiment.pk).update(name='"><script>')

    body = text_of(analyst)

    assert '"><script>' not in body


def test_page__for_a_reader__has_no_button(client: Client) -> None:
    experiment = a_past(200)
    client.force_login(
        member(experiment.site, "viewer", "vera"),
        backend="django.contrib.auth.backends.ModelBackend",
    )

    assert "Run A/A replay" not in text_of(client)
    assert client.post(PAGE).status_code == 403
