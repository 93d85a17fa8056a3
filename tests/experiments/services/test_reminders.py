"""Notices and reminders: told once per onset, over when their cause is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from experiments.models import Delivery, Experiment, Notice, Site
from experiments.services import (
    archive_experiment,
    create_webhook,
    end_experiment,
    raise_notice,
    record_decision,
    remind,
    resolve_notice,
    see_notice,
)
from experiments.tasks import remind_people, send_notices
from tests.experiments.sites import a_ready_site, started
from tests.factories import a_site

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def site() -> Site:
    return a_ready_site()


def open_kinds() -> list[str]:
    return sorted(Notice.objects.filter(resolved_at=None).values_list("kind", flat=True))


def test_raise__twice_while_it_lasts__is_one_notice(site: Site) -> None:
    first = raise_notice(site=site, kind="k", title="One", onset_key="x")
    second = raise_notice(site=site, kind="k", title="Two", onset_key="x")

    assert first == second == Notice.objects.get()
    assert second.title == "One"


def test_raise__after_it_was_over__is_a_new_notice(site: Site) -> None:
    first = raise_notice(site=site, kind="k", title="One", onset_key="x")

    assert resolve_notice(site=site, onset_key="x")
    assert not resolve_notice(site=site, onset_key="x")

    assert raise_notice(site=site, kind="k", title="Two", onset_key="x").pk != first.pk


def test_raise__same_onset_in_two_sites__are_two_notices(site: Site) -> None:
    raise_notice(site=site, kind="k", title="One", onset_key="x")
    raise_notice(site=a_site("other"), kind="k", title="Two", onset_key="x")

    assert Notice.objects.count() == 2


def test_raise__with_webhooks__queues_for_the_active_ones_of_its_site(site: Site) -> None:
    url = "https://93.184.216.34/"
    mine, _secret = create_webhook(site=site, name="mine", url=url)
    off, _secret = create_webhook(site=site, name="off", url=url)
    off.is_active = False
    off.save()
    create_webhook(site=a_site("other"), name="theirs", url=url)

    raise_notice(site=site, kind="k", title="t" * 300, onset_key="x")

    assert Delivery.objects.get().webhook == mine


def test_see__by_two__keeps_the_first(site: Site) -> None:
    notice = raise_notice(site=site, kind="k", title="One", onset_key="x")

    see_notice(notice=notice, actor="pia")
    assert see_notice(notice=notice, actor="bob").seen_by == "pia"


def test_remind__through_a_run__tells_the_near_end_then_the_passed_one(site: Site) -> None:
    experiment = started(site, planned_days=14)
    start = experiment.started_at
    assert start is not None

    remind(now=start + 11 * DAY)
    assert open_kinds() == []
    remind(now=start + 12 * DAY)
    assert open_kinds() == ["end_near"]
    remind(now=start + 13 * DAY)
    assert Notice.objects.count() == 1
    remind(now=start + 14 * DAY)
    assert open_kinds() == ["end_passed"]


def test_remind__end_is_moved__the_reminder_is_over(site: Site) -> None:
    experiment = started(site, planned_days=14)
    now = timezone.now() + 20 * DAY
    remind(now=now)

    Experiment.objects.filter(pk=experiment.pk).update(ends_at=now + 30 * DAY)
    remind(now=now)

    assert open_kinds() == []


def test_remind__ended_and_undecided_for_a_week__asks_until_it_is_decided(site: Site) -> None:
    experiment = started(site)
    end = end_experiment(experiment_id=experiment.pk, actor="pia").ended_at
    assert end is not None

    remind(now=end + 6 * DAY)
    assert open_kinds() == []
    assert remind(now=end + 7 * DAY) == 1
    assert open_kinds() == ["undecided"]
    record_decision(experiment_id=experiment.pk, outcome="lost", reason="No.", user=None)
    assert remind(now=end + 8 * DAY) == 0
    assert open_kinds() == []


def test_remind__archived_meanwhile__the_reminder_is_over(site: Site) -> None:
    experiment = started(site)
    end_experiment(experiment_id=experiment.pk, actor="pia")
    now = timezone.now() + 8 * DAY
    remind(now=now)
    assert open_kinds() == ["undecided"]

    archive_experiment(experiment_id=experiment.pk, actor="pia")
    remind(now=now)

    assert open_kinds() == []


def test_remind__with_ten_times_the_decided_experiments__asks_no_more_queries(
    site: Site, django_assert_max_num_queries: object
) -> None:
    for number in range(3):
        one = started(site, f"decided-{number}", allocation=100)
        end_experiment(experiment_id=one.pk, actor="pia")
        record_decision(experiment_id=one.pk, outcome="lost", reason="No.", user=None)

    with django_assert_max_num_queries(2):  # type: ignore[operator]
        remind(now=timezone.now() + 30 * DAY)


def test_tasks__run_twice__tell_once(site: Site) -> None:
    experiment = started(site)
    past = timezone.now() - DAY
    Experiment.objects.filter(pk=experiment.pk).update(ends_at=past)

    for _time in range(2):
        remind_people()
        send_notices()

    assert open_kinds() == ["end_passed"]
