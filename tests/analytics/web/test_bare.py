"""Where nothing can be drawn the report says why, instead of an empty axis."""

import pytest
from django.test import Client

from analytics.models import Analysis
from analytics.web.choices import Choice
from analytics.web.groups import GroupView, groups_of
from tests.analytics.rows import Shares
from tests.analytics.web.reports import BETTER, EVEN, NOBODY, reported, results_of
from tests.analytics.web.screen import shown

pytestmark = pytest.mark.django_db
ZEROS = {"control": Shares(520, 0, 0), "treatment": Shares(520, 0, 0)}


def tables() -> dict[str, GroupView]:
    results = results_of(Analysis.objects.get().experiment)
    return {group.role: group for group in groups_of(results, Choice.of({}, "95"))}


def test_groups_of__nothing_recorded_for_a_metric__names_it_in_place_of_rows() -> None:
    reported(EVEN)

    guardrails = tables()["guardrail"]

    assert guardrails.unrecorded == (
        "Catalogue coverage, Intra-list diversity, Novelty, thousandths of a bit"
    )
    assert [row.metric for row in guardrails.rows] == [
        "Slow lists",
        "Fallback rate",
        "Empty-list rate",
    ]
    assert guardrails.tally == "3 of 6 shown to hold"


def test_groups_of__every_unit_alike__has_no_axis() -> None:
    reported(ZEROS)

    assert tables()["primary"].is_bare
    assert tables()["primary"].rows[0].conclusion.words == "Every unit has the same value"


def test_groups_of__something_to_draw__has_an_axis() -> None:
    reported(BETTER)

    assert not tables()["primary"].is_bare


def test_report__one_unit__claims_no_guardrail(analyst: Client) -> None:
    reported({"control": Shares(1, 0), "treatment": Shares(0, 0)})

    text = shown(analyst)

    assert "Within limit" not in text
    assert "0 of 6 shown to hold" in text
    assert "On no day could the variants be compared" in text


@pytest.mark.parametrize(
    ("units", "words"),
    [(510, "could be compared on 20 Nov alone"), (600, "Before 18 Nov there was too little")],
)
def test_report__days_without_a_range__are_accounted_for(
    analyst: Client, units: int, words: str
) -> None:
    reported({"control": Shares(units, 0.2), "treatment": Shares(units, 0.2)})

    assert words in shown(analyst)


def test_report__without_units__shows_no_tables(analyst: Client) -> None:
    reported(NOBODY, has_ended=False)

    text = shown(analyst)

    assert "Secondary metrics" not in text
    assert "What buyers brought" not in text
    assert "nothing to judge yet" in text
