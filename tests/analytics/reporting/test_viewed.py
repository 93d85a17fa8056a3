"""By the basis `viewed` everything counts units since they saw a list, or says that it does not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from analytics.services import change_settings, compute_analysis, request_analysis
from analytics.trust.basis import FOLLOWING, OF_NO_UNIT, SERVED
from experiments.clock import microseconds
from experiments.models import Event, Experiment, Exposure, Slate
from tests.analytics.notebook.executing import recomputed
from tests.analytics.rows import event
from tests.analytics.web.rich import a_rich_run

pytestmark = pytest.mark.django_db

UNITS = 300
LATER = timedelta(days=1, minutes=5)


@pytest.fixture
def run() -> Experiment:
    """Return a run whose lists were seen a day later, hybrid's by a third of its units."""
    experiment = a_rich_run(UNITS, monitoring="fixed")
    lists = Slate.objects.select_related("site", "variant")
    Event.objects.bulk_create(
        event(
            each.site,
            "view_item_list",
            each.served_at + LATER,
            visitor_id=each.unit_id,
            request_id=each.request_id,
        )
        for each in lists
        if _saw(each)
    )
    change_settings(experiment=experiment, actor="ines", changes={"basis": "viewed"})
    return experiment


def _saw(each: Slate) -> bool:
    number = int(each.unit_id.rsplit("-", 1)[1])
    assert each.variant is not None
    return each.variant.key != "hybrid" or number % 3 == 0


def report_of(experiment: Experiment) -> dict[str, Any]:
    done = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert done is not None
    assert done.error == ""
    return done.report


def finding(report: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in report["findings"] if each["code"] == code)
    return found


def test_viewed__units_and_pace__are_of_those_that_saw_a_list(run: Experiment) -> None:
    report = report_of(run)

    first = min(Exposure.objects.values_list("first_at", flat=True))
    assert report["from_us"] == microseconds(first + LATER)
    units = {each["key"]: each["units"] for each in report["variants"]}
    assert units == {"control": UNITS, "hybrid": UNITS // 3, "diverse": UNITS}
    scaled = report["metrics"][0]["comparisons"]["hybrid"]["scaled"]
    assert "700 units that saw a list in 14 days" in scaled["formula"]


def test_viewed__split_that_only_viewing_breaks__withholds_the_verdict(run: Experiment) -> None:
    report = report_of(run)

    assert report["verdict"]["state"] == "withheld"
    seen = {row[0]: row[2] for row in finding(report, "split")["table"]["rows"]}
    assert seen == {"Control": UNITS, "Hybrid": UNITS // 3, "Hybrid, diverse": UNITS}
    devices = finding(report, "split_by_segment")["table"]["rows"]
    assert sum(row[2] for row in devices if row[0].startswith("device")) == UNITS // 3


def test_viewed__new_units__stand_on_the_day_on_which_they_saw_a_list(run: Experiment) -> None:
    report = report_of(run)

    first = min(Exposure.objects.values_list("day", flat=True))
    assert first not in report["series"]["days"]
    assert sum(report["series"]["exposures"]["hybrid"]) == UNITS // 3
    by_day = finding(report, "split_by_day")["table"]["rows"]
    assert {row[0] for row in by_day} == set(report["series"]["days"])


def test_viewed__checks_of_what_was_served__say_so(run: Experiment) -> None:
    for each in report_of(run)["findings"]:
        is_served = each["code"] not in FOLLOWING | OF_NO_UNIT and each["state"] != "unknown"
        assert (SERVED in each["evidence"]) == is_served, each["code"]


def test_served__checks__say_nothing_of_a_basis(run: Experiment) -> None:
    change_settings(experiment=run, actor="ines", changes={"basis": "served"})

    report = report_of(run)

    assert not [each for each in report["findings"] if SERVED in each["evidence"]]
    assert "basis" not in report["details"]["positions"]


def test_viewed__clicks_by_position__say_that_all_lists_are_counted(run: Experiment) -> None:
    positions = report_of(run)["details"]["positions"]

    assert positions["variants"]["hybrid"][0]["shown"] == UNITS
    assert positions["basis"].startswith("Counted are all lists that were served")


def test_viewed__recomputed_by_the_notebook__agrees(run: Experiment, tmp_path: Path) -> None:
    done = compute_analysis(analysis_id=request_analysis(experiment=run).pk)
    assert done is not None

    recomputed(done, tmp_path)

    assert sum(each["units"] for each in done.report["variants"]) == 2 * UNITS + UNITS // 3
