"""`import_experiment`: a file of units, variants and outcomes becomes an ended experiment."""

import json
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from analytics.models import Metric
from analytics.services import compute_analysis, request_analysis
from config.importing import resumable
from config.importing.outcome_rows import Columns, outcomes_of
from config.importing.outcome_run import import_outcomes
from config.importing.outcome_setup import Setup
from experiments.models import Event, Experiment, Exposure, Site
from tests.factories import a_site

pytestmark = pytest.mark.django_db

OUTCOMES = ["spend=money", "visit=binary", "rounds=count"]


@pytest.fixture
def site() -> Site:
    return a_site(currency="USD")


def a_file(folder: Path, rows: int = 40, extra: str = "") -> Path:
    """Return a file in which every other unit is treated; every fourth spent 19.99."""
    lines = ["id,group,spend,visit,rounds,device"]
    for number in range(rows):
        group = "New list" if number % 2 else "Old list"
        spend = "19.99" if number % 4 == 1 else "0"
        lines.append(f"u{number},{group},{spend},{number % 2},{number % 5},phone")
    path = folder / "past.csv"
    path.write_text("\n".join(lines) + "\n" + extra)
    return path


def bring(site: Site, path: Path, **options: Any) -> dict[str, Any]:
    """Import a file as from a shell and return the summary."""
    chosen = {
        "key": "past-test",
        "unit": "id",
        "variant": "group",
        "control": "Old list",
        "outcome": OUTCOMES,
        "attribute": ["device"],
    } | options
    arguments = [
        text
        for name, given in chosen.items()
        for value in (given if isinstance(given, list) else [given])
        for text in (f"--{name}", str(value))
    ]
    out = StringIO()
    call_command(
        "import_experiment", str(path), "--site", site.slug, "--json", *arguments, stdout=out
    )
    summary: dict[str, Any] = json.loads(out.getvalue())
    return summary


def test_import__of_a_file__is_an_ended_experiment_with_its_figures(
    site: Site, tmp_path: Path
) -> None:
    summary = bring(site, a_file(tmp_path))

    assert (summary["rows"], summary["units"], summary["known"]) == (40, 40, 0)
    experiment = Experiment.objects.get(site=site, key="past-test")
    assert (experiment.status, experiment.monitoring, experiment.window_days) == (
        "ended", "fixed", 14,
    )  # fmt: skip
    waiver = experiment.waivers.first()
    assert waiver is not None
    assert waiver.reason == "imported: it was run elsewhere and is over"
    metrics = Metric.objects.filter(site=site, key__startswith="past-test-")
    assert not any(row.uses_cuped or row.winsor for row in metrics)
    results = analysed(experiment)
    values = {row["key"]: row["values"] for row in results["metrics"]}
    assert values["past-test-spend"]["new-list"]["numerator"] == 10 * 1999
    assert values["past-test-visit"]["new-list"]["value"] == 1.0
    assert values["past-test-visit"]["old-list"]["value"] == 0.0
    assert values["past-test-rounds"]["old-list"]["numerator"] == 40
    assert results["split"]["counts"] == [20, 20]
    assert Exposure.objects.filter(attributes={"device": "phone"}).count() == 40


def analysed(experiment: Experiment) -> dict[str, Any]:
    analysis = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert analysis is not None
    assert analysis.error == ""
    return dict(analysis.report)


def test_import__of_the_same_file_again__adds_nothing(site: Site, tmp_path: Path) -> None:
    path = a_file(tmp_path)
    first = bring(site, path)
    stored = (Exposure.objects.count(), Event.objects.count())

    second = bring(site, path)

    assert (second["stored"], second["known"]) == (0, first["stored"])
    assert (Exposure.objects.count(), Event.objects.count()) == stored


def test_import__ended_amid_a_file__goes_on_where_it_was(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_file(tmp_path)
    monkeypatch.setattr(resumable, "BATCH", 10)
    columns = Columns("group", outcomes_of(OUTCOMES), "id")
    started = datetime.combine(date.today() - timedelta(days=14), time(), UTC)
    setup = Setup("past-test", "Old list", started, 14, "it is over")
    told: list[int] = []

    def interrupt(rows: int) -> None:
        told.append(rows)
        if sum(told) == 20:
            raise KeyboardInterrupt

    how: dict[str, Any] = {"site": site, "setup": setup, "rejects": tmp_path / "bad.jsonl"}
    with pytest.raises(KeyboardInterrupt):
        import_outcomes(path, columns, progress=interrupt, **how)
    assert Exposure.objects.count() == 20
    assert Experiment.objects.get().status == "running"

    done = import_outcomes(path, columns, **how)

    assert (done.rows, done.resumed, done.count.units) == (40, 20, 40)
    assert Exposure.objects.count() == 40
    assert Experiment.objects.get().status == "ended"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",New list,0,1,1,phone", "invalid_field:id"),
        ("u99,New list,lots,1,1,phone", "invalid_field:spend"),
        ("u99,New list,-1,1,1,phone", "negative_amount:spend"),
        ("u99,New list,0,maybe,1,phone", "invalid_field:visit"),
        ("u99,New list,0,1,1.5,phone", "invalid_field:rounds"),
        ("u99,New list,0,1", "columns"),
    ],
)
def test_import__of_a_bad_row__refuses_it_with_the_reason_and_takes_the_others(
    site: Site, tmp_path: Path, line: str, reason: str
) -> None:
    path = a_file(tmp_path, extra=line + "\n")
    with pytest.raises(CommandError, match="1 rows were refused"):
        bring(site, path, rejects=tmp_path / "rejects.jsonl")

    (refused,) = (tmp_path / "rejects.jsonl").read_text().splitlines()
    found = json.loads(refused)
    told = f"{found['code']}:{found['field']}" if found.get("field") else found["code"]
    assert (told, found["line"]) == (reason, 42)
    assert Exposure.objects.count() == 40


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"control": "Neither"}, "the control 'Neither' is none of New list, Old list"),
        ({"variant": "grp"}, "no column 'grp'; its columns: id, group"),
        ({"outcome": ["spend=euros"]}, "COLUMN=KIND with a kind of binary, count, money"),
        ({"variant": "device"}, "'device' names 1 variants; two are needed"),
        ({"started": "yesterday"}, "a day such as 2026-01-31; got 'yesterday'"),
        ({"started": "2999-01-01"}, "that is not over yet"),
        ({"days": 0}, "--days lies in 1..365, was 0"),
    ],
)
def test_import__asked_for_what_cannot_be__says_what_and_stores_nothing(
    site: Site, tmp_path: Path, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(CommandError) as refused:
        bring(site, a_file(tmp_path), **options)

    assert problem in str(refused.value)
    assert not Experiment.objects.exists()
