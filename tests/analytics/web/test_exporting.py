"""What the report offers to take away: to whom, under which names, and what is missing."""

import io
import re

import pyarrow as pa
import pytest
from django.test import Client

from analytics.exports.about import read_about
from analytics.exports.renderers import no_pdf
from analytics.services import request_analysis
from experiments.models import Change
from tests.analytics.exports.hostile import a_hostile_run
from tests.analytics.rows import Shares, a_run
from tests.analytics.web.reports import analyse
from tests.callers import Caller, key_for
from tests.factories import a_site, member

pytestmark = pytest.mark.django_db

FEW = {"control": Shares(90, 0.3), "treatment": Shares(80, 0.4)}
REPORT = "/reports/home-test/"
FILES = {
    "results.parquet": ("application/vnd.apache.parquet", b"PAR1", ".parquet"),
    "report.html": ("text/html; charset=utf-8", b"<!doctype html>", ".html"),
    "report.pdf": ("application/pdf", b"%PDF", ".pdf"),
    "charts/primary.svg": ("image/svg+xml", b"<svg ", "-primary.svg"),
    "charts/primary.png": ("image/png", b"\x89PNG", "-primary.png"),
    "units.arrow": ("application/vnd.apache.arrow.file", b"ARROW1", "-units.arrow"),
}


def test_files__of_a_hostile_run__are_offered_and_carry_slugs_as_names(analyst: Client) -> None:
    analyse(a_hostile_run())
    page = analyst.get(REPORT).content.decode()

    for path, (kind, start, ending) in FILES.items():
        answer = analyst.get(REPORT + path)
        assert f"{REPORT}{path}?site=shop" in page
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Content-Disposition"] == (
            f'attachment; filename="shop-home-test{ending}"'
        )
        assert answer.getvalue().startswith(start)


def test_charts__in_the_reader_s_view__are_those_of_the_page(analyst: Client) -> None:
    analyse(a_run(FEW))
    page = analyst.get(f"{REPORT}?effect=absolute&level=80").content.decode()
    (url,) = set(re.findall(r'href="([^"]*primary\.svg[^"]*)"', page))

    svg = analyst.get(url.replace("&amp;", "&")).getvalue().decode()

    assert "effect=absolute" in url
    assert "in the metric’s own unit" in svg


@pytest.mark.parametrize("chart", ["unknown.svg", "primary.gif", "primary.svg.png"])
def test_chart__that_there_is_none_of__is_not_found(analyst: Client, chart: str) -> None:
    analyse(a_run(FEW))

    assert analyst.get(f"{REPORT}charts/{chart}").status_code == 404


def test_files__without_an_analysis__are_not_found_and_not_offered(analyst: Client) -> None:
    a_run(FEW)

    assert "results.parquet" not in analyst.get(REPORT).content.decode()
    assert {analyst.get(REPORT + path).status_code for path in FILES} == {404}


def test_units__taken_by_an_analyst__go_on_record_with_the_analysis(analyst: Client) -> None:
    analysis = analyse(a_run(FEW))

    body = analyst.get(f"{REPORT}units.arrow").getvalue()

    assert pa.ipc.open_file(io.BytesIO(body)).read_all().num_rows == 170
    change = Change.objects.get(action="export")
    assert change.subject == "units of home-test"
    assert change.after == {"analysis": analysis.pk, "ids": "hashed"}


def test_units__asked_by_a_viewer__are_refused_and_not_offered() -> None:
    experiment = a_run(FEW)
    analyse(experiment)
    viewer = Client()
    viewer.force_login(member(experiment.site, "viewer", "vera"))

    page = viewer.get(REPORT).content.decode()

    assert viewer.get(f"{REPORT}units.arrow").status_code == 403
    assert "units.arrow" not in page
    assert "report.pdf" in page
    assert viewer.get(f"{REPORT}results.csv").status_code == 200
    assert not Change.objects.filter(action="export").exists()


def test_pdf__where_it_cannot_be_made__is_named_on_the_page_with_what_to_install(
    analyst: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyse(a_run(FEW))
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    no_pdf.cache_clear()
    try:
        page = analyst.get(REPORT).content.decode()
        told = analyst.get(f"{REPORT}report.pdf", follow=True)
    finally:
        no_pdf.cache_clear()

    assert "PDF needs WeasyPrint, which is not installed" in page
    assert "report.pdf" not in page
    assert told.status_code == 200
    assert "The file could not be made. PDF needs WeasyPrint" in told.content.decode()


def test_units__whose_statement_takes_too_long__are_named_so_on_the_page(
    analyst: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyse(a_run(FEW))
    monkeypatch.setattr("analytics.engines.batches.PATIENCE", 1e-9)
    monkeypatch.setattr("analytics.engines.limits.STEPS", 1)

    told = analyst.get(f"{REPORT}units.arrow", follow=True).content.decode()

    assert "The file could not be made. its statement took longer than" in told
    assert not Change.objects.filter(action="export").exists()


def test_endpoints__of_an_analysis__hand_out_table_and_units_to_its_site_alone() -> None:
    experiment = a_run(FEW)
    analysis = analyse(experiment)
    own = key_for(experiment.site, "analyses")
    other = key_for(a_site("other"), "analyses")
    path = f"analyses/{analysis.pk}"

    table = Caller(own).send("GET", f"{path}/table", Accept="application/vnd.apache.parquet")
    units = Caller(own).send("GET", f"{path}/units")

    assert table.getvalue().startswith(b"PAR1")
    frame = pa.ipc.open_file(io.BytesIO(units.getvalue()))
    assert read_about(frame.schema)["analysis"] == analysis.pk
    assert Caller(other).send("GET", f"{path}/units").status_code == 404
    assert Change.objects.filter(action="export").count() == 1


def test_endpoint__of_an_analysis_without_results__says_what_it_is() -> None:
    experiment = a_run(FEW)
    waiting = request_analysis(experiment=experiment)
    key = key_for(experiment.site, "analyses")

    answer = Caller(key).send("GET", f"analyses/{waiting.pk}/table")

    assert answer.status_code == 404
    assert "is queued and has no results" in answer.json()["detail"]
