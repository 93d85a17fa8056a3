"""The report's numbers as CSV and JSON: the same as on the page, and harmless in a spreadsheet."""

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client

from analytics.exports.table import csv_rows
from analytics.models import Analysis, Metric
from analytics.stats.moments import Moments
from experiments.services import VariantDraft
from experiments.spreadsheets import safe_cell
from tests.analytics.rows import Shares, a_run
from tests.analytics.web.reports import BETTER, NOBODY, analyse, reported, results_of
from tests.factories import a_site

pytestmark = pytest.mark.django_db

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x"]


def rows(client: Client) -> list[dict[str, str]]:
    response = client.get("/reports/home-test/results.csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode(), newline="")))


def test_csv__of_a_run__holds_the_stored_numbers(analyst: Client) -> None:
    results = results_of(reported())

    found = {(row["metric"], row["variant"]): row for row in rows(analyst)}

    assert len(found) == 2 * len(results["metrics"])
    assert found["Conversion", "Treatment"]["status"] == "ok"
    for metric in results["metrics"]:
        compared = metric["comparisons"]["treatment"]
        row = found[metric["name"], "Treatment"]
        assert row["status"] == compared["status"]
        if compared["lift_interval"] is None:
            assert row["lift_low"] == ""
            continue
        assert float(row["value"]) == metric["values"]["treatment"]["value"]
        assert int(row["numerator"]) == metric["values"]["treatment"]["numerator"]
        assert float(row["lift_low"]) == compared["lift_interval"]["low"]
        assert float(row["effect_high"]) == compared["interval"]["high"]
        assert float(row["p_value"]) == compared["p_value"]
        assert found[metric["name"], "Control"]["lift"] == ""


def test_csv__as_a_file__is_named_for_site_and_experiment(analyst: Client) -> None:
    reported(NOBODY)

    disposition = analyst.get("/reports/home-test/results.csv").headers["Content-Disposition"]

    assert disposition == 'attachment; filename="shop-home-test.csv"'


def test_csv__without_data__has_empty_cells_and_a_status(analyst: Client) -> None:
    reported(NOBODY)

    for row in rows(analyst):
        assert (row["value"], row["lift"], row["p_value"]) == ("", "", "")
        assert row["status"] in ("", "insufficient_data")
        assert not {"None", "nan", "NaN", "inf"} & set(row.values())


def test_csv__metric_that_failed__says_so(analyst: Client) -> None:
    experiment = a_run(BETTER)
    Metric.objects.filter(key="ctr").update(numerator={"source": "nowhere"})
    analyse(experiment)

    failed = [row for row in rows(analyst) if row["metric"] == "Slate click-through"]

    assert [(row["value"], row["status"]) for row in failed] == [("", "failed")] * 2


@pytest.mark.parametrize("name", DANGEROUS)
def test_csv__names_like_formulas__stay_text(analyst: Client, name: str) -> None:
    drafts = [
        VariantDraft(key="control", name=name, is_control=True),
        VariantDraft(key="treatment", name=f"Not first: {name}"),
    ]
    site = a_site(is_simulated=True)
    Metric.objects.filter(site=site, key="ctr").update(name=name)
    behaviour = {"control": Shares(2, 1), "treatment": Shares(2, 1)}
    reported(behaviour, site=site, variants=drafts)

    found = rows(analyst)

    assert {row["variant"] for row in found} == {f"'{name}", f"Not first: {name}"}
    assert f"'{name}" in {row["metric"] for row in found}


def test_csv__negative_numbers__stay_numbers(analyst: Client) -> None:
    reported({"control": Shares(600, 0.4), "treatment": Shares(600, 0.2)})

    raw = analyst.get("/reports/home-test/results.csv").content.decode()

    assert ",-0.5," in raw.replace("-0.5000000000000001", "-0.5")
    assert "'-" not in raw


@pytest.mark.parametrize("name", ["Revenue = all", "A+B", "ＣＴＲ", "é", ""])
def test_safe_cell__of_a_harmless_text__is_the_text(name: str) -> None:
    assert safe_cell(name) == name


def test_csv_rows__of_no_results__are_the_header_alone() -> None:
    assert len(list(csv_rows({}))) == 1


def test_json__of_a_run__is_all_it_takes_to_compute_it_again(analyst: Client) -> None:
    stored = Analysis.objects.get(experiment=reported())

    response = analyst.get("/reports/home-test/results.json")
    body: dict[str, Any] = json.loads(response.content, parse_constant=_refuse)

    assert body["analysis"] == stored.pk
    assert body["results"] == stored.results
    assert body["settings_hash"] == stored.settings_hash
    assert body["sql"] == stored.sql
    moments = Moments.from_dict(body["moments"]["conversion"]["treatment"])
    assert (moments.n, moments.sum_y) == (600, 240)


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")
