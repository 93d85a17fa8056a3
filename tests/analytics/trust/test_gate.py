"""The gate as a whole: what fails, what is told, and what becomes of the verdict."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from analytics.models import Analysis, ReportLook
from analytics.reporting.report import compute_report
from analytics.reporting.scope import data_cut_us
from analytics.stats.validity.novelty import DayEffect
from analytics.stats.validity.novelty import check_novelty as stats_novelty
from analytics.trust import CHECKS
from analytics.trust.alerts import tell_findings
from analytics.trust.facts import Facts
from analytics.trust.finding import Finding, State
from analytics.trust.novelty import check_novelty
from analytics.trust.running import run_checks
from experiments.models import Delivery, Event, Experiment, Notice, Slate, Webhook
from tests.analytics.rows import Shares, a_run, event, slate
from tests.analytics.trust.gate import facts_of, gate
from tests.analytics.web.reports import analyse
from tests.factories import NOW

pytestmark = pytest.mark.django_db

BETTER = {"control": Shares(700, 0.2), "treatment": Shares(700, 0.4)}


def leak(experiment: Experiment, count: int = 40) -> None:
    treatment = experiment.variants.get(key="treatment")
    Slate.objects.bulk_create(slate(treatment, f"control-{n}", NOW) for n in range(count))


def test_gate__of_a_healthy_run__has_every_check_once_and_none_bad() -> None:
    found = gate(a_run(BETTER))

    assert set(found) == {code for code, _check in CHECKS}
    assert {each["state"] for each in found.values()} <= {"good", "unknown"}
    keys = {"code", "state", "claim", "evidence", "causes", "action", "table", "since_us"}
    assert all(set(each) == keys for each in found.values())


def test_gate__of_nobody__knows_nothing_and_alarms_nobody() -> None:
    found = gate(a_run({"control": Shares(0, 0), "treatment": Shares(0, 0)}, has_ended=False))

    assert {each["state"] for each in found.values()} <= {"good", "unknown"}
    assert found["split"]["state"] == "unknown"


def test_verdict__of_a_win_with_a_leak__is_withheld_and_says_why() -> None:
    experiment = a_run(BETTER)
    until_us = data_cut_us(experiment)
    assert verdict_of(experiment, until_us)["state"] == "ship"

    leak(experiment)

    verdict = verdict_of(experiment, until_us)
    assert (verdict["state"], verdict["reasons"]) == ("withheld", ["fault"])
    assert "Units met variants not their own." in verdict["text"]


def verdict_of(experiment: Experiment, until_us: int) -> dict[str, Any]:
    found = compute_report(experiment, phase=1, until_us=until_us).report.verdict
    assert found is not None
    return found


def test_check__that_fails__is_unknown_with_the_reason_and_spoils_nothing() -> None:
    def broken(_facts: Facts) -> Iterator[Finding]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column FROM experiments_exposure")
        yield Finding("broken", State.GOOD, "", "")

    facts = facts_of(a_run(BETTER))
    found = run_checks([("broken", broken), *CHECKS[:1]], facts)

    assert [each.state for each in found] == [State.UNKNOWN, State.GOOD]
    assert "no_such_column" in found[0].evidence


def test_finding__found_again__keeps_since_when() -> None:
    experiment = a_run(BETTER, has_ended=False)
    leak(experiment)
    first = leaks_of(analyse(experiment))
    Slate.objects.bulk_create(
        [slate(experiment.variants.all()[0], "control-1", NOW.replace(hour=13))]
    )
    Event.objects.bulk_create([event(experiment.site, "view_item", NOW.replace(hour=13))])
    again = analyse(experiment)

    assert again.data_cut_us > first["since_us"]
    assert leaks_of(again)["since_us"] == first["since_us"]


def leaks_of(analysis: Analysis) -> dict[str, Any]:
    return next(each for each in analysis.report["findings"] if each["code"] == "exposure_leak")


def test_notice__of_a_finding_that_set_in__is_raised_once_and_again_after_it_was_over() -> None:
    experiment = a_run(BETTER, has_ended=False)
    Webhook.objects.create(site=experiment.site, name="chat", url="https://chat.example/hook")
    bad = [{"code": "split", "state": "bad", "claim": "C.", "evidence": "E.", "action": "A."}]

    for state in ("bad", "bad", "unknown", "good", "bad"):
        tell_findings(experiment, [bad[0] | {"state": state}])

    notices = Notice.objects.filter(experiment=experiment, kind="trust").order_by("pk")
    assert [notice.resolved_at is None for notice in notices] == [False, True]
    assert notices[0].detail == "C. E. A."
    assert Delivery.objects.count() == 2


def test_notice__of_an_ended_experiment__is_none() -> None:
    experiment = a_run(BETTER)
    tell_findings(
        experiment,
        [{"code": "split", "state": "bad", "claim": "C.", "evidence": "E.", "action": "A."}],
    )

    assert not Notice.objects.filter(kind="trust").exists()


@pytest.mark.parametrize(
    ("slope", "state"), [(0.0, State.GOOD), (-60.0, State.WARN), (None, State.UNKNOWN)]
)
def test_novelty__of_the_report_s_days__is_the_finding_over_them(
    slope: float | None, state: State
) -> None:
    days = range(10 if slope is not None else 3)
    effects = [DayEffect(float(day), 500.0 + (slope or 0) * day, 50.0) for day in days]
    rows = [
        {"day": int(e.day), "n_control": 500, "n_treatment": 500, "effect": e.effect}
        for e in effects
    ]
    trend: dict[str, Any] = stats_novelty(effects).to_dict()
    facts = facts_of(a_run(BETTER))
    facts.details = {"novelty": {"days": {"treatment": rows}, "trend": {"treatment": trend}}}

    (found,) = check_novelty(facts)

    assert found.state is state
    if state is State.WARN:
        assert "slope −€0.60 a day" in found.evidence
        assert "over 10 days" in found.evidence
        assert found.table is not None
        assert found.table.rows[0] == ("0", 500, 500, "+€5.00")


def test_notice__of_a_report_with_a_fault__is_told_by_its_analysis() -> None:
    experiment = a_run(BETTER, has_ended=False)
    analyse(experiment)
    assert not Notice.objects.exists()

    leak(experiment)
    analyse(experiment)
    analyse(experiment)

    notice = Notice.objects.get()
    assert (notice.kind, notice.severity) == ("trust", "alarm")
    assert notice.detail.startswith("Units met variants not their own. 40 of 1,400 units looked at")


def test_look__at_the_page_of_a_fixed_horizon__is_noted_with_its_reader(analyst: Client) -> None:
    experiment = a_run(BETTER, has_ended=False, monitoring="fixed", planned_days=28)

    for _look in range(2):
        assert analyst.get("/reports/home-test/").status_code == 200

    row = ReportLook.objects.get()
    assert (row.experiment, row.reader, row.times) == (experiment, "ines", 2)
