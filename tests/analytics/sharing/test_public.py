"""The page behind a link: the report and nothing of the service, and one dead end for all else."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from analytics.explorations import Question
from analytics.models import Analysis, Exploration, Metric, ShareLink
from analytics.services import compute_exploration, request_exploration
from analytics.sharing.links import create_link, revoke_link
from experiments.models import Experiment
from experiments.services import archive_experiment, record_decision
from tests.analytics.web.screen import TAG
from tests.factories import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(experiment: Experiment) -> str:
    return shared(experiment)


def shared(experiment: Experiment, **fields: Any) -> str:
    now = timezone.now()
    values: dict[str, Any] = {
        "actor": "ines@shop.example",
        "label": "For the board",
        "now": now,
    } | fields
    return create_link(experiment=experiment, **values).token


def another(analysis: Analysis, results: dict[str, Any]) -> None:
    """Store a newer analysis of the same run with other results."""
    Analysis.objects.create(
        experiment=analysis.experiment,
        phase=analysis.phase,
        settings=analysis.settings,
        settings_hash="other",
        data_cut_us=analysis.data_cut_us,
        code_version="2",
        status="ready",
        results=results,
    )


def path_of(token: str) -> str:
    return f"/shared/{token}/"


def body_of(client: Client, token: str, query: str = "") -> str:
    answer = client.get(path_of(token) + query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def words(body: str) -> str:
    text = TAG.sub(" ", body.split("<main", 1)[1])
    return " ".join(text.replace("\u202f", " ").replace("\xa0", " ").split())


def test_page__of_a_link__shows_verdict_figures_and_findings(client: Client, token: str) -> None:
    text = words(body_of(client, token))

    assert "Home Test" in text
    assert "Revenue per unit" in text
    assert "Conversion" in text
    assert "Findings" in text
    assert "As of" in text
    assert "This link ends on" in text


def test_page__of_a_link__names_nobody_and_leads_nowhere(
    client: Client, experiment: Experiment, token: str
) -> None:
    decided = {"outcome": "inconclusive", "reason": "the board's own words"}
    record_decision(experiment_id=experiment.pk, user=None, actor="pia@shop.example", **decided)
    sql = Analysis.objects.get(experiment=experiment).sql

    body = body_of(client, token)

    for internal in ("@shop.example", "For the board", "the board's own words", token):
        assert internal not in body
    assert sql.splitlines()[0] not in body
    assert "SELECT" not in body
    assert "<form" not in body
    assert "csrf" not in body
    links = re.findall(r'href="([^"]*)"', body)
    apart = [each for each in links if not each.startswith(("#", "?", "/static/", "data:"))]
    assert apart == []
    assert "site=" not in body


def test_page__of_a_link__is_sealed(client: Client, token: str) -> None:
    answer = client.get(path_of(token))

    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert set(answer.headers["Cache-Control"].split(", ")) == {"private", "no-store"}
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.cookies == {}
    assert '<meta name="robots" content="noindex, nofollow">' in answer.content.decode()


def test_page__of_everything_that_opens_nothing__is_one_and_the_same(
    client: Client, experiment: Experiment
) -> None:
    ended, revoked = shared(experiment), shared(experiment)
    rows = ShareLink.objects.order_by("pk")
    first, second = rows
    ShareLink.objects.filter(pk=first.pk).update(expires_at=F("created_at") - timedelta(days=1))
    revoke_link(link=second, actor="i", now=timezone.now())

    answers = [client.get(path_of(each)) for each in (ended, revoked, "unknown", "x" * 5_000)]

    assert {each.status_code for each in answers} == {404}
    assert len({each.content for each in answers}) == 1
    seals = {tuple(sorted(each.headers.items())) for each in answers}
    assert len(seals) == 1
    assert "no-referrer" in str(seals)
    assert 'href="/' not in answers[0].content.decode().split("<main")[1]
    assert not rows.filter(times_opened__gt=0).exists()


def test_page__opened__is_counted_and_a_look_at_its_head_is_not(client: Client, token: str) -> None:
    client.head(path_of(token))
    for _ in range(2):
        client.get(path_of(token))

    row = ShareLink.objects.get()
    assert row.times_opened == 2
    assert row.last_opened_at is not None


def test_page__opened_by_somebody_signed_in__is_the_same(
    client: Client, experiment: Experiment, token: str
) -> None:
    apart = body_of(client, token)
    client.force_login(
        member(experiment.site, "admin", "ada"), backend="django.contrib.auth.backends.ModelBackend"
    )

    assert body_of(client, token) == apart


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_page__written_to__is_refused(client: Client, token: str, method: str) -> None:
    answer = getattr(client, method)(path_of(token))

    assert answer.status_code == 405
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_page__in_another_view__keeps_to_its_own_address(client: Client, token: str) -> None:
    body = body_of(client, token, "?effect=absolute&level=99&site=%3Cscript%3E&over=%3Cscript%3E")

    assert "99 %" in body
    assert "<script" not in body


def test_page__asked_for_too_often__says_to_come_back(client: Client, token: str) -> None:
    answers = [client.get(path_of("unknown")) for _ in range(12)]
    other = client.get(path_of(token), REMOTE_ADDR="192.0.2.9")

    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].headers["Referrer-Policy"] == "no-referrer"
    assert other.status_code == 200


def test_page__of_a_frozen_report__does_not_follow_later_ones(
    client: Client, experiment: Experiment, token: str
) -> None:
    before = body_of(client, token)
    Experiment.objects.filter(pk=experiment.pk).update(name="Renamed since", hypothesis="and why")
    newest = Analysis.objects.get(experiment=experiment)
    another(newest, {**newest.report, "metrics": []})

    assert body_of(client, token) == before


def test_page__of_an_archived_experiment__stays_until_it_ends(
    client: Client, experiment: Experiment, token: str
) -> None:
    archive_experiment(experiment_id=experiment.pk, actor="pia")

    assert "Revenue per unit" in body_of(client, token)


def test_page__of_what_failed__tells_no_internal_error(
    client: Client, experiment: Experiment, analysis: Analysis
) -> None:
    results = dict(analysis.results or {})
    results["metrics"][0] |= {"error": "no such table: experiments_event at /srv/db", "note": "/x"}
    results["details"]["positions"] = {"error": "OperationalError: /srv/db"}
    results["findings"][0] |= {"action": "Ask Pia.", "causes": ["Sam deployed"]}
    results["findings"][1] |= {"state": "unknown", "evidence": "timeout on /srv/db"}
    another(analysis, results)

    body = body_of(client, shared(experiment))

    assert "could not be computed" in body
    for internal in ("/srv/db", "experiments_event", "Ask Pia", "Sam deployed"):
        assert internal not in body


def test_page__of_hostile_names__is_escaped(client: Client, experiment: Experiment) -> None:
    evil = '"><script>alert(1)</script>'
    analysis = Analysis.objects.get(experiment=experiment)
    results = dict(analysis.results or {})
    for each in (*results["metrics"], *results["variants"]):
        each["name"] = evil
    another(analysis, results)
    Experiment.objects.filter(pk=experiment.pk).update(name=evil)
    type(experiment.site).objects.update(name=evil)
    experiment.refresh_from_db()

    body = body_of(client, shared(experiment))

    assert "<script" not in body
    assert "&lt;script&gt;" in body


def test_page__of_an_exploration__says_what_it_is(client: Client, experiment: Experiment) -> None:
    question = Question.from_dict({"metrics": ["conversion"], "day_to": "2026-11-15"})
    row = request_exploration(experiment=experiment, question=question, name="secret name")
    compute_exploration(exploration_id=row.pk)
    assert Exploration.objects.get().status == "ready"

    body = body_of(client, shared(experiment, exploration_id=row.pk))

    assert "Exploratory" in body
    assert "Conversion" in body
    assert "SELECT" not in body
    assert not re.findall(r'href="/(?!static)', body)
    assert Metric.objects.get(site=experiment.site, key="conversion").name in body
