"""`aa` prints what a replay found, stores it, and fails where something is off."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from rich.console import Console

from analytics.models import AaReplay
from config.aa.printing import print_replay
from tests.analytics.replay.shop import a_past

pytestmark = pytest.mark.django_db


def aa(*options: str) -> str:
    out = io.StringIO()
    call_command("aa", *options, stdout=out)
    return out.getvalue()


def test_aa__of_a_past__prints_each_metric_and_stores_the_replay() -> None:
    experiment = a_past(300, monitoring="fixed")

    told = aa(experiment.key, "--splits", "30", "--http", "0")

    row = AaReplay.objects.get(experiment=experiment)
    assert row.status == AaReplay.Status.READY
    assert (row.splits, row.http_splits, row.seed) == (30, 0, 1)
    assert "30 splits of 300 visitors (300 seen in 28 days)" in told
    assert "Revenue per unit" in told
    assert "of 30 splits were called broken" in told


def test_aa__as_json__is_what_is_stored() -> None:
    experiment = a_past(200, monitoring="fixed")

    told = json.loads(aa(experiment.key, "--splits", "20", "--http", "0", "--json"))

    assert told == AaReplay.objects.get(experiment=experiment).results


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("nowhere",), "there is no experiment 'nowhere' in any site"),
        (("home-test", "--splits", "0"), "1 to 5,000 splits, not 0"),
        (("home-test", "--splits", "9", "--http", "10"), "0 to 9 splits go over HTTP, not 10"),
        (("home-test", "--seed", "-1"), "a seed is 0 to"),
        (("home-test", "--http", "0"), "40 of them would enter; at least 100 have to"),
    ],
)
def test_aa__that_cannot_be__says_why_and_stores_nothing(
    options: tuple[str, ...], says: str
) -> None:
    a_past(40)

    with pytest.raises(CommandError, match=says):
        aa(*options)
    assert not AaReplay.objects.exists()


def test_printing__of_a_disagreement__is_loud() -> None:
    experiment = a_past(200, monitoring="fixed")
    replay = json.loads(aa(experiment.key, "--splits", "20", "--http", "0", "--json"))
    http = {"splits": 2, "units": 9, "lists": 9, "events": 9, "seconds": 1.0, "not_carried": []}
    replay["http"] = {**http, "agrees": False, "problems": ["sums differ"], "n_problems": 1}

    out = io.StringIO()
    print_replay(Console(file=out, width=130), replay)

    assert "THEY DO NOT AGREE WITH THE ROWS" in out.getvalue()
    assert "sums differ" in out.getvalue()


def test_apart__by_itself__says_that_it_is_a_part() -> None:
    with pytest.raises(CommandError, match="this is a part of `aa`"):
        call_command("aa_apart", "/nowhere")
