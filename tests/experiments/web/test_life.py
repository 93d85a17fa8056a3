"""The page of an experiment under way: what it shows, in every state, to whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from experiments import services
from experiments.models import Experiment, Exposure, InboxBatch, Slate
from tests.experiments.admin.filled import EVIL
from tests.experiments.admin.forms import signed_in, superuser
from tests.experiments.web.lives import exposed, many_variants, page_url, ramped, step_url
from tests.factories import a_site, draft_experiment, member, stocked, trained
from tests.rows import a_slate as a_row

pytestmark = pytest.mark.django_db


def shown(experiment: Experiment, role: str = "editor") -> str:
    """Return the experiment's page as somebody with a role sees it."""
    known = User.objects.filter(username=role).first()
    client = signed_in(known or member(experiment.site, role, role))
    answer = client.get(page_url(experiment))
    assert answer.status_code == 200
    return answer.content.decode()


def test_page__without_a_unit__says_so_and_what_to_do() -> None:
    page = shown(ramped(a_site()))

    assert "No unit yet" in page
    assert "No new unit in these 48 hours." in page
    assert "Let the shop ask for recommendations" in page
    assert "<polyline" not in page


def test_page__with_units__draws_them_and_tells_the_same_in_a_table() -> None:
    experiment = ramped(a_site())
    exposed(experiment, 12)

    page = shown(experiment)

    assert 'aria-label="New units per hour' in page
    assert "In all: Control 9; Treatment 3" in page
    assert page.count("<polyline") == 2
    assert 'data-label="Control"' in page


def test_chart__of_a_ramp_by_hand__marks_when_more_were_let_in() -> None:
    experiment = ramped(a_site())
    services.ramp_to(experiment_id=experiment.pk, percent=50, actor="ines")
    services.end_experiment(experiment_id=experiment.pk, actor="ines")
    later = timezone.now() + timedelta(hours=5)
    Experiment.objects.filter(pk=experiment.pk).update(ended_at=later)
    exposed(experiment, 12)

    page = shown(experiment)

    assert "<title>Ramp 5 → 50 %</title>" in page


def test_page__of_waiting_and_of_failed_batches__are_told_apart() -> None:
    experiment = ramped(a_site())
    now = timezone.now()
    computing = InboxBatch.objects.create(
        site=experiment.site, kind="slates", received_at=now, doc="{}"
    )
    first = shown(experiment)
    InboxBatch.objects.filter(pk=computing.pk).update(received_at=now - timedelta(hours=1))
    stale = shown(experiment)
    InboxBatch.objects.filter(pk=computing.pk).update(error="no such table")
    failed = shown(experiment)

    assert "1 being applied now" in first.lower()
    assert "the oldest from 1 h ago: figures here are older" in stale
    assert "1 batch could not be applied so far" in failed


def test_page__of_units_in_two_variants__warns() -> None:
    experiment = ramped(a_site())
    exposed(experiment, 10)
    Exposure.objects.filter(unit_id="u1-3").update(is_multiple=True)

    page = shown(experiment)

    assert "10.0% did not" in page
    assert "1 of 10 units met several" in page


@pytest.mark.parametrize(("n_bots", "word"), [(2, "fine"), (3, "30% did not")])
def test_page__of_bots_and_outliers__tells_shares_of_lists_and_units(
    n_bots: int, word: str
) -> None:
    experiment = ramped(a_site())
    exposed(experiment, 10)
    Exposure.objects.filter(unit_id="u1-3").update(traffic="outlier")
    kinds = ["bot"] * n_bots + [""] * (10 - n_bots)
    Slate.objects.all().delete()
    Slate.objects.bulk_create(
        a_row(experiment.site, timezone.now(), traffic=kind) for kind in kinds
    )

    page = shown(experiment)

    assert "Lists go to shoppers" in page
    assert word in page
    told = f"of the latest 10 lists: declared bot {n_bots}0.0%, internal or test 0.0%"
    assert told in page.lower()
    assert "units left out: 0 bot, 1 outlier, 0 internal" in page


def test_page__of_a_ramp__shows_what_is_open_what_comes_and_what_it_waits_for() -> None:
    page = shown(ramped(a_site()))

    assert "5 % of its 5,000 buckets are open, 95 % are kept for later" in page
    assert "Next: 25 %" in page
    assert "An analysis has seen the last step: none is ready." in page


def test_page__of_a_notice__shows_it_until_it_is_over() -> None:
    experiment = ramped(a_site())
    site = experiment.site
    services.raise_notice(
        site=site, kind="x", title="Look here", onset_key="x:1", experiment=experiment
    )
    lasting = shown(experiment)
    services.resolve_notice(site=site, onset_key="x:1")
    over = shown(experiment)

    assert "<b>Look here</b>" in lasting
    assert "<b>Look here</b>" not in over
    assert "Notice: Look here" in over


def test_history__of_every_step__tells_who_and_why() -> None:
    experiment = ramped(a_site())
    who: dict[str, Any] = {"experiment_id": experiment.pk, "actor": "ines"}
    services.ramp_to(**who, percent=50)
    services.pause_experiment(**who, reason="too slow")
    services.start_experiment(**who)
    services.open_phase(**who, reason="more of it", weights={"treatment": 3})
    services.close_enrolment(**who, reason="enough")
    services.kill_experiment(**who, reason="it harms")

    page = shown(experiment)

    for words in (
        "Ramp 5 → 50 %",
        "Paused",
        "too slow",
        "Resumed",
        "Phase 2 opened: control 1, treatment 3",
        "more of it",
        "Enrolment closed",
        "Killed: everybody sees the default",
        "it harms",
    ):
        assert words in page


def test_page__of_hostile_names__is_escaped() -> None:
    experiment = ramped(a_site())
    exposed(experiment, 5)
    experiment.variants.update(name=EVIL)
    Experiment.objects.filter(pk=experiment.pk).update(name=EVIL, hypothesis_change=EVIL)
    services.pause_experiment(experiment_id=experiment.pk, actor=EVIL, reason=EVIL)

    page = shown(experiment)

    assert "<script>alert(" not in page
    assert "&amp;lt;" not in page


def test_page__of_ten_variants_and_one_unit__shows_all() -> None:
    site = a_site()
    stocked(site)
    trained(site, "popularity", "random")
    draft = draft_experiment(site, variants=many_variants(10))
    experiment = services.start_experiment(experiment_id=draft.pk, waiver="a trial")
    exposed(experiment, 1)

    page = shown(experiment)

    assert page.count("<polyline") == 10
    assert "100.0 %, due 10.0 %" in page


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_page__of_somebody_who_may_only_look__has_no_button(role: str) -> None:
    experiment = ramped(a_site())

    page = shown(experiment, role)

    assert "/step/" not in page
    for act in ("ramp", "phase", "edit", "links", "decide"):
        assert f"/{experiment.pk}/{act}/" not in page


def test_page__of_another_site__is_not_found() -> None:
    experiment = ramped(a_site())
    client = signed_in(member(a_site("other"), "editor"))

    assert client.get(page_url(experiment)).status_code == 404


def test_page__with_more_of_everything__asks_no_more_queries() -> None:
    experiment = ramped(a_site(), percents=(5, 10, 100))
    client = signed_in(superuser())
    client.get(page_url(experiment))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page_url(experiment)).status_code == 200
        return len(captured)

    exposed(experiment, 3)
    few = queries()
    Exposure.objects.all().delete()
    exposed(experiment, 90)
    for percent in (20, 30, 40):
        services.ramp_to(experiment_id=experiment.pk, actor="ines", percent=percent)

    assert queries() <= few


@pytest.mark.parametrize(
    ("step", "after"), [("pause", "paused"), ("end", "ended"), ("kill", "ended")]
)
def test_step__clicked_twice__is_taken_once(step: str, after: str) -> None:
    experiment = ramped(a_site())
    client = signed_in(superuser())

    client.post(step_url(experiment, step), {"reason": "x"})
    n_changes = experiment.changes.count()
    again = client.post(step_url(experiment, step), {"reason": "x"}, follow=True)

    assert experiment.changes.count() == n_changes
    assert "That was done already" in again.content.decode()
    experiment.refresh_from_db()
    assert experiment.status == after


def test_kill__without_a_reason__asks_again() -> None:
    experiment = ramped(a_site())
    client = signed_in(superuser())

    answer = client.post(step_url(experiment, "kill"), {"reason": " "})

    assert 'role="alert"' in answer.content.decode()
    experiment.refresh_from_db()
    assert (experiment.status, experiment.is_killed) == ("running", False)
