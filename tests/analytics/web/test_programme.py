"""The programme: what it counts, whom it shows what, and what it exports."""

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics.models import Metric
from experiments.models import Allocation, Experiment, Layer, Site
from experiments.services import record_decision
from tests.analytics.rows import Shares
from tests.analytics.web.reports import BETTER, EVEN, reported
from tests.analytics.web.rich import choose
from tests.analytics.web.screen import shown
from tests.factories import a_site, draft_experiment, member

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
PATH = "/reports/programme/"
WORSE = {"control": BETTER["treatment"], "treatment": BETTER["control"]}


def decided(key: str, behaviour: dict[str, Shares], outcome: str) -> Experiment:
    """Return a reported and decided experiment of a site of its own."""
    site = a_site(f"{key}-shop", is_simulated=True)
    experiment = reported(behaviour, site=site)
    Experiment.objects.filter(pk=experiment.pk).update(key=key, name=f"The {key} one")
    choose(experiment, [("revenue_per_unit", "primary", None)])
    shipped = "treatment" if outcome == "won" else None
    record_decision(
        experiment_id=experiment.pk,
        outcome=outcome,
        reason="seen",
        user=None,
        shipped_variant=shipped,
        actor="ines",
    )
    return experiment


def test_programme__of_decided_experiments__counts_wins_and_shrinks_them(analyst: Client) -> None:
    decided("good", BETTER, "won")
    decided("bad", WORSE, "lost")
    decided("even", EVEN, "inconclusive")

    text = shown(analyst, PATH)

    assert "33 % 1 won of 3 decided 95 % interval 6 % to 79 %" in text
    assert "Ship Treatment" in text
    assert "Revenue per unit 3 measured" in text
    assert "1 of 3 ended +99.9 %" in text
    assert "empirical Bayes" in text


def test_programme__without_experiments__says_so(analyst: Client) -> None:
    assert "There is no experiment yet" in shown(analyst, PATH)


def test_programme__without_a_role__shows_nothing(client: Client) -> None:
    draft_experiment(a_site())
    nobody = member(None, "viewer", "eve")
    nobody.memberships.all().delete()
    client.force_login(nobody, backend=BACKEND)

    assert "You have no role yet" in shown(client, PATH)


def test_programme__of_one_site__shows_and_exports_that_site_alone(client: Client) -> None:
    north, south = a_site("north"), a_site("south")
    draft_experiment(north, "in-north")
    draft_experiment(south, "in-south")
    client.force_login(member(north, "analyst"), backend=BACKEND)

    text, raw = shown(client, PATH), client.get("/reports/programme.csv").content.decode()

    for body in (text, raw):
        assert "in-north" in body
        assert "in-south" not in body
    assert "South" not in text


def test_programme_csv__for_a_viewer__is_the_header_alone(client: Client) -> None:
    site = a_site()
    draft_experiment(site)
    client.force_login(member(site, "viewer"), backend=BACKEND)

    rows = list(csv.reader(io.StringIO(client.get("/reports/programme.csv").content.decode())))

    assert len(rows) == 1
    assert "CSV" not in shown(client, PATH)


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("?in=shop", True),
        ("?in=other", False),
        ("?owner=ada", True),
        ("?owner=nobody", False),
        ("?status=draft", True),
        ("?status=running", False),
        ("?tag=money", True),
        ("?tag=speed", False),
        ("?in=a%00b", False),
        ("?status=%27%20OR%201=1", False),
    ],
)
def test_programme__filtered__shows_what_fits(analyst: Client, query: str, is_there: bool) -> None:
    experiment = draft_experiment(a_site())
    owner = member(None, "editor", "ada")
    Experiment.objects.filter(pk=experiment.pk).update(owner=owner)
    Metric.objects.filter(key="revenue_per_unit").update(tags=["money"])
    choose(experiment, [("revenue_per_unit", "primary", None)])

    assert ("No experiment is like that" not in shown(analyst, PATH + query)) == is_there


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "-1"])
def test_programme_csv__names_like_formulas__stay_text(analyst: Client, name: str) -> None:
    experiment = draft_experiment(a_site())
    Experiment.objects.filter(pk=experiment.pk).update(name=name)

    raw = analyst.get("/reports/programme.csv").content.decode()
    row = next(csv.DictReader(io.StringIO(raw, newline="")))

    assert row["name"] == f"'{name}"
    assert row["lift"] == ""


def test_programme_csv__of_a_decided_one__holds_its_lift_as_a_number(analyst: Client) -> None:
    decided("good", BETTER, "won")

    raw = analyst.get("/reports/programme.csv").content.decode()
    row = next(csv.DictReader(io.StringIO(raw, newline="")))

    assert (row["outcome"], row["shipped"]) == ("won", "treatment")
    assert float(row["lift"]) == pytest.approx(0.999, abs=0.01)
    assert float(row["lift_se"]) > 0


def live(site: Site, key: str, layer: Layer | None = None, stop: int = 4000) -> Experiment:
    """Return a running experiment that takes the first buckets of a layer."""
    experiment = draft_experiment(site, key)
    placed = layer or experiment.layer
    Experiment.objects.filter(pk=experiment.pk).update(
        status="running", placement=None, own_layer=placed
    )
    # Given back, so that the next draft finds room; an allocation of its own follows.
    Allocation.objects.filter(experiment=experiment).delete()
    experiment.refresh_from_db()
    buckets = {"start": 0, "stop": stop, "admitted_stop": stop}
    if layer is not None:
        Allocation.objects.create(layer=placed, experiment=experiment, **buckets)
    return experiment


def test_programme__two_in_one_layer__are_kept_apart(analyst: Client) -> None:
    site = a_site()
    live(site, "one")
    live(site, "two")

    assert "no unit is in both" in shown(analyst, PATH)


def test_programme__two_of_one_metric_in_two_layers__are_to_be_looked_at(analyst: Client) -> None:
    site = a_site()
    layers = [
        Layer.objects.create(site=site, key=key, name=key, seed=key) for key in ("first", "second")
    ]
    for key, layer, stop in zip(("one", "two"), layers, (4000, 2500), strict=True):
        choose(live(site, key, layer, stop), [("revenue_per_unit", "primary", None)])

    text = shown(analyst, PATH)

    assert "Up to 40 % of the units of one are in the other too" in text
    assert "Both are judged by revenue per unit." in text


def test_programme__of_too_much_asked_of_a_layer__says_so(analyst: Client) -> None:
    site = a_site()
    layer = Layer.objects.create(site=site, key="full", name="Full", seed="full")
    live(site, "one", layer, 6000)
    live(site, "two", layer, 6000)

    assert "Full: 120 % of its units are asked for." in shown(analyst, PATH)


def test_programme__of_two_sites__knows_no_conflict(analyst: Client) -> None:
    live(a_site("north"), "one")
    live(a_site("south"), "two")

    assert "No two experiments are under way in one site." in shown(analyst, PATH)


def test_programme__whatever_its_length__takes_as_many_queries(analyst: Client) -> None:
    site = a_site()
    counts = []
    for keys in (["a"], ["b", "c", "d", "e"]):
        for key in keys:
            draft_experiment(site, key)
        with CaptureQueriesContext(connection) as queries:
            analyst.get(PATH)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 12


def test_programme__an_experiment_of_that_name__keeps_its_report(analyst: Client) -> None:
    draft_experiment(a_site(), "programme")

    assert "The experiment has not started." in shown(analyst, f"{PATH}?site=shop")
    assert "Total impact of what was shipped" in shown(analyst, PATH)


def test_programme__hostile_name__is_text(analyst: Client) -> None:
    experiment = draft_experiment(a_site(name='"><script>x()</script>'))
    Experiment.objects.filter(pk=experiment.pk).update(name='"><script>x()</script>')

    assert "<script>x()" not in analyst.get(PATH).content.decode()
