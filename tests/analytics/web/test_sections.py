"""What stands below the tables: each section shows the numbers that were stored."""

import re
from typing import Any

import pytest
from django.test import Client

from analytics.formatting import value_format
from analytics.models import Analysis
from analytics.stats.formats import number, percent
from analytics.web.texts import lift_range, lift_text, value_range
from experiments.models import Experiment
from experiments.services import record_decision
from tests.analytics.finished import rewrite
from tests.analytics.rows import Shares
from tests.analytics.web.reports import BETTER, analyse, reported, results_of
from tests.analytics.web.rich import a_rich_run
from tests.analytics.web.screen import shown

pytestmark = pytest.mark.django_db

PATH = "/reports/home-test/"


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\xa0", " ")


def test_sections__of_a_whole_run__show_what_was_stored(analyst: Client) -> None:
    analyse(a_rich_run(900))
    results = results_of(Experiment.objects.get())
    text = shown(analyst)

    last = results["series"]["metrics"]["revenue_per_unit"]["hybrid"][-1]
    ends = {"low": last["low"], "high": last["high"]}
    assert plain(f"{lift_text(last['lift'], ends)} {lift_range(ends)}") in text
    for name in ("Segments · exploratory", "Does it wear off?", "Clicks by position"):
        assert name in text
    for name in ("What buyers brought", "Artifacts served"):
        assert name in text
    first = results["details"]["positions"]["variants"]["hybrid"][0]
    share = percent(first["clicked"] / first["shown"], decimals=2)
    assert plain(f"{share} {number(first['clicked'])} / {number(first['shown'])}") in text
    assert "hybrid@2026-w46" in text
    assert "fallback: late" in text
    assert plain(_novelty(results)) in text


def _novelty(results: dict[str, Any]) -> str:
    day = results["details"]["novelty"]["days"]["hybrid"][1]
    return value_range(value_format("money", "EUR"), day)


def test_sections__of_the_last_day__agree_with_the_table_above(analyst: Client) -> None:
    """The series is judged as the report is: its last day is the report."""
    analyse(a_rich_run(900))
    results = results_of(Experiment.objects.get())

    for metric in results["metrics"]:
        for key, compared in metric["comparisons"].items():
            last = results["series"]["metrics"][metric["key"]][key][-1]
            assert last["lift"] == pytest.approx(compared["lift"], rel=1e-12)
            assert last["low"] == pytest.approx(compared["lift_interval"]["low"], rel=1e-12)


@pytest.mark.parametrize("level", ["80", "99"])
def test_report__at_another_level__shows_its_ranges(analyst: Client, level: str) -> None:
    results = results_of(reported(BETTER))
    compared = results["metrics"][0]["comparisons"]["treatment"]
    low, high = compared["levels"][level]

    text = shown(analyst, f"{PATH}?level={level}")

    assert plain(lift_range({"low": low, "high": high})) in text
    assert f"{level} % interval" in text
    assert "Ship Treatment" in text


def test_report__of_absolute_effects__writes_them_in_the_metrics_unit(analyst: Client) -> None:
    results = results_of(reported(BETTER))
    compared = results["metrics"][0]["comparisons"]["treatment"]

    text = shown(analyst, f"{PATH}?effect=absolute")

    form = value_format("money", "EUR")
    assert plain(value_range(form, compared["interval"])) in text
    assert "in the metric’s own unit" in text
    assert "Each row has its own scale" in text


def test_report__of_effects_per_day__says_how_they_are_made(analyst: Client) -> None:
    results = results_of(reported(BETTER))
    scaled = results["metrics"][0]["comparisons"]["treatment"]["scaled"]

    text = shown(analyst, f"{PATH}?effect=scaled")

    assert plain(value_format("money", "EUR").text(scaled["effect"], is_signed=True)) in text
    assert plain(scaled["formula"]) in text


@pytest.mark.parametrize("query", ["effect=%00", "level=7", "over=nothing", "effect=a&level=b"])
def test_report__of_an_unknown_view__is_the_usual_one(analyst: Client, query: str) -> None:
    reported(BETTER)

    assert shown(analyst, f"{PATH}?{query}").count("95 % interval") >= 2


def test_report__links_of_views__keep_the_site_and_each_other(analyst: Client) -> None:
    reported(BETTER)

    body = analyst.get(f"{PATH}?site=shop&effect=absolute&level=80").content.decode()

    assert 'href="?site=shop&amp;effect=absolute&amp;level=99#show"' in body
    assert 'href="?site=shop&amp;effect=relative&amp;level=80#show"' in body


def test_report__metric_over_time__is_the_one_asked_for(analyst: Client) -> None:
    reported(BETTER)

    assert "Conversion, day by day" in shown(analyst, f"{PATH}?over=conversion")
    assert "Revenue per unit, day by day" in shown(analyst)


def test_report__details_that_failed__say_so_and_hide_nothing_else(analyst: Client) -> None:
    results = results_of(reported(BETTER))
    results["details"] = {name: {"error": "TooSlowError: too slow"} for name in results["details"]}
    rewrite(Analysis.objects.all(), results=results)

    text = shown(analyst)

    assert text.count("This could not be read. Nothing else is affected.") == 4
    assert "Ship Treatment" in text


def test_report__decided__shows_why_and_the_report_it_kept(analyst: Client) -> None:
    experiment = reported(BETTER)
    decide(experiment)
    Experiment.objects.update(mde=0.5)
    analyse(Experiment.objects.get())

    text = shown(analyst)
    assert "Decided: won" in text
    assert "Seen twice" in text
    frozen = shown(analyst, f"{PATH}decided/")

    first = Analysis.objects.order_by("id").first()
    assert first is not None
    assert "As it was decided." in frozen
    assert first.settings_hash[:8] in frozen
    assert first.settings_hash[:8] not in text
    assert "Refresh" not in frozen


def test_report__never_decided__has_no_kept_report(analyst: Client) -> None:
    reported(BETTER)

    assert analyst.get(f"{PATH}decided/").status_code == 404
    assert "Decided not yet" in shown(analyst)


def decide(experiment: Experiment) -> None:
    record_decision(
        experiment_id=experiment.pk,
        outcome="won",
        reason="Seen twice",
        user=None,
        shipped_variant="treatment",
        actor="ines",
    )


def test_report__of_one_unit__shows_the_one_list_that_was_served(analyst: Client) -> None:
    reported({"control": Shares(1, 0), "treatment": Shares(0, 0)}, has_ended=False)

    timeline = shown(analyst).split("Artifacts served", 1)[1].split("What could spoil")[0]

    assert "popularity Control" in timeline


def test_report__charts__all_say_what_they_show(analyst: Client) -> None:
    analyse(a_rich_run())

    body = analyst.get(PATH).content.decode()

    charts = re.findall(r"<svg[^>]*role=\"img\"[^>]*>", body)
    assert len(charts) > 15
    assert all(re.search(r'aria-label="[^"]{8,}"', chart) for chart in charts)
    assert "nan" not in body.lower().split()
    assert "None" not in shown(analyst)
