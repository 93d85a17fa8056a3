"""Links: made of finished reports, found by their token alone, ended, revoked, on record."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from analytics.models import Analysis, Exploration, ShareLink
from analytics.sharing.links import MAX_DAYS, create_link, find_link, note_opening, revoke_link
from experiments.errors import InvalidInput, NotFound, TransitionError
from experiments.models import Change, Experiment
from tests.factories import NOW, draft_experiment

pytestmark = pytest.mark.django_db


def an_exploration(experiment: Experiment, status: str = "ready") -> Exploration:
    return Exploration.objects.create(
        experiment=experiment,
        phase=1,
        name="Phones",
        settings={},
        settings_hash="0",
        data_cut_us=0,
        code_version="1",
        status=status,
    )


def test_link__made__shows_the_analysis_as_it_stands_and_keeps_no_token(
    experiment: Experiment, analysis: Analysis
) -> None:
    shared = create_link(experiment=experiment, actor="ines", now=NOW, days=30, label="Board")

    row = ShareLink.objects.get()
    assert (row.analysis, row.exploration) == (analysis, None)
    assert (row.expires_at, row.created_by, row.label) == (NOW + timedelta(30), "ines", "Board")
    assert len(shared.token) >= 43
    kept = [str(value) for value in ShareLink.objects.values_list()[0]]
    assert not any(shared.token in value for value in kept)
    found = find_link(shared.token, now=NOW)
    assert found is not None
    assert found.pk == row.pk


def test_links__made_twice__have_tokens_of_their_own(experiment: Experiment) -> None:
    tokens = {create_link(experiment=experiment, actor="i", now=NOW).token for _ in range(3)}

    assert len(tokens) == 3


def test_link__to_an_exploration__shows_that_one(experiment: Experiment) -> None:
    row = an_exploration(experiment)

    link = create_link(experiment=experiment, actor="i", now=NOW, exploration_id=row.pk).link

    assert link.shared == row


@pytest.mark.parametrize("days", [0, -1, MAX_DAYS + 1])
def test_link__for_too_long_or_no_time__is_refused(experiment: Experiment, days: int) -> None:
    with pytest.raises(InvalidInput, match=f"{days} asked"):
        create_link(experiment=experiment, actor="i", now=NOW, days=days)


@pytest.mark.parametrize("label", ["x" * 201, "a\0b", "\ud800"])
def test_link__with_a_label_that_cannot_be_kept__is_refused(
    experiment: Experiment, label: str
) -> None:
    with pytest.raises(InvalidInput):
        create_link(experiment=experiment, actor="i", now=NOW, label=label)


def test_link__to_what_is_not_there__is_refused(experiment: Experiment) -> None:
    waiting = an_exploration(experiment, "queued")
    with pytest.raises(NotFound):
        create_link(experiment=experiment, actor="i", now=NOW, exploration_id=waiting.pk + 1)
    with pytest.raises(TransitionError):
        create_link(experiment=experiment, actor="i", now=NOW, exploration_id=waiting.pk)
    empty = draft_experiment(experiment.site, "empty")
    with pytest.raises(TransitionError, match="no result"):
        create_link(experiment=empty, actor="i", now=NOW)


def test_link__at_its_end__opens_nothing(experiment: Experiment) -> None:
    token = create_link(experiment=experiment, actor="i", now=NOW, days=1).token

    assert find_link(token, now=NOW + timedelta(days=1, seconds=-1)) is not None
    assert find_link(token, now=NOW + timedelta(days=1)) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 100_000, "\0", "\ud800", "%00"])
def test_link__of_an_unknown_token__is_none(experiment: Experiment, token: str) -> None:
    create_link(experiment=experiment, actor="i", now=NOW)

    assert find_link(token, now=NOW) is None


def test_link__by_its_digest__is_not_opened(experiment: Experiment) -> None:
    link = create_link(experiment=experiment, actor="i", now=NOW).link

    assert find_link(link.digest, now=NOW) is None


def test_link__revoked_twice__keeps_who_did_it_first(experiment: Experiment) -> None:
    shared = create_link(experiment=experiment, actor="ines", now=NOW)

    revoke_link(link=shared.link, actor="pia", now=NOW)
    revoke_link(link=shared.link, actor="sam", now=NOW + timedelta(hours=1))

    assert find_link(shared.token, now=NOW) is None
    shared.link.refresh_from_db()
    assert (shared.link.revoked_by, shared.link.revoked_at) == ("pia", NOW)
    assert shared.link.state_at(NOW) == "revoked"


def test_link__made_and_revoked__is_on_record_without_its_token(experiment: Experiment) -> None:
    shared = create_link(experiment=experiment, actor="ines", now=NOW, label="Board")
    revoke_link(link=shared.link, actor="pia", now=NOW)

    rows = Change.objects.filter(experiment=experiment, action__in=["share", "unshare"])
    made, revoked = rows.order_by("pk")
    assert (made.actor, made.action, made.after["label"]) == ("ines", "share", "Board")
    assert made.after["shows"] == f"analysis {shared.link.analysis_id}"
    assert (revoked.actor, revoked.action) == ("pia", "unshare")
    text = str([made.after, revoked.before, revoked.after])
    assert shared.token not in text
    assert shared.link.digest not in text


def test_link__opened__counts_and_notes_when(experiment: Experiment) -> None:
    link = create_link(experiment=experiment, actor="i", now=NOW).link
    for hour in (1, 2):
        note_opening(link, now=NOW + timedelta(hours=hour))

    link.refresh_from_db()
    assert (link.times_opened, link.last_opened_at) == (2, NOW + timedelta(hours=2))


def test_link__to_nothing_or_to_two_reports__is_refused_by_the_database(
    experiment: Experiment, analysis: Analysis
) -> None:
    values = {"experiment": experiment, "title": "t", "expires_at": timezone.now()}
    both = {"analysis": analysis, "exploration": an_exploration(experiment)}
    for number, shown in enumerate([{}, both]):
        with pytest.raises(IntegrityError), transaction.atomic():
            ShareLink.objects.create(**values, **shown, digest=str(number))


def test_link__of_an_experiment_that_goes__goes_with_it(experiment: Experiment) -> None:
    token = create_link(experiment=experiment, actor="i", now=NOW).token

    experiment.delete()

    assert find_link(token, now=NOW) is None
