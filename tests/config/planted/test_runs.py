"""A few runs with planted effects, read by the product: enough to see an error that is off by half.

`./armature bench planted` is the same with thousands.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from benchmarks._planted.drained import drained_runs
from benchmarks._planted.figures import FORMS, Form, Truth, coverage, watching
from benchmarks._planted.planning import site_with_past
from benchmarks._planted.runs import Plan, a_site
from benchmarks._planted.shop import NOTHING, USUAL, Shop
from benchmarks._planted.studies import broken_runs, planted_runs, watched_runs
from benchmarks._planted.study import DAYS, Outcome, Study
from benchmarks._planted.truth import planted

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

RUNS = 60
EFFECT = planted(USUAL, clicks=0.03, conversion=0.04, revenue=180.0)
FIXED, WATCHED = Plan(1_200, DAYS), Plan(1_600, DAYS, "always_valid")
NORMAL = 1.96  # half a 95 % range, in standard errors


def spread(outcomes: Sequence[Outcome], truth: Truth, form: Form) -> float:
    """Return the mean squared miss of a form of metric, in squares of its claimed error."""
    readings: list[dict[str, Any]] = [each[form.kind][form.metric] for each in outcomes]
    errors = [(each["high"] - each["low"]) / 2 / NORMAL for each in readings]
    misses = [each["effect"] - truth.effect_on(form.metric, each["cap"]) for each in readings]
    return float(np.mean(np.square(np.array(misses) / np.array(errors))))


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth(USUAL, EFFECT, 1)


def test_planted__effects__are_missed_by_as_much_as_the_reports_claim(truth: Truth) -> None:
    study = Study("usual", USUAL, EFFECT, FIXED)

    outcomes = list(planted_runs(study, a_site("usual"), RUNS, np.random.default_rng(1)))

    # Of 60 runs the mean square of a normal miss is 1 ± 0.18; 0.5 or 2 is that of a wrong n.
    spreads = {form.name: spread(outcomes, truth, form) for form in FORMS}
    assert all(0.6 < each < 1.7 for each in spreads.values()), spreads
    figures = coverage(outcomes, truth, side=lambda _form: 0)
    assert [each.name for each in figures if not each.is_within] == []
    told = Counter(each["verdict"] for each in outcomes)
    assert told["ship"] >= RUNS / 4, told
    assert told["stop"] == 0
    # Some checks of the data err once in a thousand runs each.
    assert told["withheld"] <= 2, [each["bad"] for each in outcomes if each["bad"]]


def test_watched__nothing_planted__is_hardly_ever_claimed_whatever_the_day() -> None:
    site = site_with_past("watched", USUAL, 500, np.random.default_rng(2))
    study = Study("aa", USUAL, NOTHING, WATCHED)

    outcomes = list(watched_runs(study, site, 25, np.random.default_rng(3)))

    assert [figure.name for figure in watching(outcomes) if not figure.is_within] == []
    assert sum(each["looks"] for each in outcomes) >= 2 * DAYS


def test_broken_split__of_51_to_49__is_flagged() -> None:
    outcomes = list(broken_runs(a_site("broken"), 2, np.random.default_rng(4)))

    assert [(each["running"], each["ended"]) for each in outcomes] == [(True, True)] * 2


def test_drained__the_same_run_sent__gives_the_report_of_the_rows_written() -> None:
    shop = Shop("new", sigma=0.8, regular_buys=0.3, new_buys=0.08, bought_before=0.0)
    study = Study("sent", shop, EFFECT, Plan(300, DAYS))

    outcomes = list(
        drained_runs(study, a_site("written"), a_site("sent"), 2, np.random.default_rng(5))
    )

    assert len(outcomes) == 2
    assert all(each["raw"]["revenue_per_unit"]["effect"] is not None for each in outcomes)
