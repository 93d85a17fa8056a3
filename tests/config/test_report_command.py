"""`report` prints what the page says, or everything as JSON."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from analytics.models import Analysis
from tests.analytics.rows import Shares, a_run
from tests.analytics.web.stored import stored_long_ago
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db

BETTER = {"control": Shares(1300, 0.2), "treatment": Shares(1300, 0.3)}


def report(*options: str) -> str:
    out = io.StringIO()
    call_command("report", *options, stdout=out)
    return out.getvalue()


def test_report__not_computed_yet__says_how_it_is() -> None:
    experiment = a_run(BETTER)

    with pytest.raises(CommandError, match="has no report yet; --refresh computes one"):
        report(experiment.key)


def test_report__refreshed__says_verdict_variants_and_metrics() -> None:
    experiment = a_run(BETTER)

    told = report(experiment.key, "--refresh")

    analysis = Analysis.objects.get(experiment=experiment)
    assert analysis.results is not None
    assert analysis.results["verdict"]["headline"] in told
    assert "Revenue per unit" in told
    assert "1,300" in told
    assert report(experiment.key) == told


def test_report__as_json__is_what_is_stored() -> None:
    experiment = a_run(BETTER)
    report(experiment.key, "--refresh")

    told = json.loads(report(experiment.key, "--json"))

    analysis = Analysis.objects.get(experiment=experiment)
    assert told["results"] == analysis.results
    assert told["moments"] == analysis.moments
    assert told["sql"] == analysis.sql


def test_report__of_an_unknown_key__names_it() -> None:
    with pytest.raises(CommandError, match="no experiment 'nothing' in any site"):
        report("nothing")


def test_report__of_a_key_in_two_sites__asks_which() -> None:
    for slug in ("one", "two"):
        draft_experiment(a_site(slug=slug))

    with pytest.raises(CommandError, match="name one by --site, one, two"):
        report("home-test")
    with pytest.raises(CommandError, match="home-test has no report yet"):
        report("home-test", "--site", "two")


def test_report__stored_by_the_first_release__is_told_and_handed_out() -> None:
    experiment = a_run(BETTER)
    report(experiment.key, "--refresh")
    old = stored_long_ago(Analysis.objects.get(experiment=experiment))
    assert old.results is not None

    told = report(experiment.key)

    assert old.results["verdict"]["headline"] in told
    assert json.loads(report(experiment.key, "--json"))["results"] == old.results
