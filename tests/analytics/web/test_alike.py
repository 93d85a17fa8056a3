"""A test of variants that show the same is told as one: a difference there is an alarm."""

from typing import Any

import pytest
from django.test import Client

from analytics.web.alike import said_of_alike
from analytics.web.faces import Said
from experiments.models import Experiment
from tests.analytics.rows import a_run
from tests.analytics.web.reports import BETTER, EVEN, analyse
from tests.analytics.web.screen import shown

TOLD = Said("good", "Ship B", "Revenue rose.", "The data are …")


@pytest.mark.parametrize(
    ("state", "reasons", "stamp", "tone"),
    [
        ("ship", ["primary_better"], "A difference in an A/A test", "warn"),
        ("stop", ["primary_worse"], "A difference in an A/A test", "warn"),
        ("inconclusive", ["not_told_apart"], "No difference found", "good"),
        ("no_meaningful_gain", ["within_mde"], "No difference found", "good"),
        ("inconclusive", ["too_few_units"], "Ship B", "good"),
        ("withheld", ["split"], "Ship B", "good"),
        ("keep_running", ["not_told_apart"], "Ship B", "good"),
        ("no_data", [], "Ship B", "good"),
    ],
)
def test_said_of_alike__each_verdict__is_what_it_means_there(
    state: str, reasons: list[str], stamp: str, tone: str
) -> None:
    found = said_of_alike(TOLD, {"state": state, "reasons": reasons})

    assert (found.stamp, found.tone) == (stamp, tone)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("behaviour", "words"),
    [(EVEN, "No difference found"), (BETTER, "A difference in an A/A test")],
)
def test_report__of_an_aa_test__says_so(analyst: Client, behaviour: Any, words: str) -> None:
    experiment = same(a_run(behaviour))

    analyse(experiment)

    text = shown(analyst)
    assert words in text
    assert "An A/A test. All variants show the same" in text
    assert "Ship Treatment" not in text


def same(experiment: Experiment) -> Experiment:
    """Return the experiment with variants that show the same."""
    experiment.variants.update(parameters={"recommender": "popularity"})
    return experiment
