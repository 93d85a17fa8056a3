"""A report's figures, checks and verdict, from rows of a known run."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from analytics.models import ExperimentMetric, Metric
from analytics.reporting.report import Computed, compute_report
from analytics.reporting.results import MetricRow
from analytics.reporting.scope import data_cut_us, one_moment
from analytics.stats.compare import compare
from analytics.stats.moments import Moments
from analytics.stats.results import Kind, Monitoring
from experiments.clock import microseconds
from experiments.models import Experiment
from experiments.services import VariantDraft
from tests.analytics.rows import Shares, a_run, event, exposure
from tests.factories import NOW, a_site, draft_experiment

pytestmark = pytest.mark.django_db

EVEN = {"control": Shares(600, 0.2), "treatment": Shares(600, 0.2)}
BETTER = {"control": Shares(700, 0.2), "treatment": Shares(700, 0.4)}
WORSE = {"control": Shares(700, 0.4), "treatment": Shares(700, 0.2)}


def computed(experiment: Experiment) -> Computed:
    return compute_report(experiment, phase=experiment.phase, until_us=data_cut_us(experiment))


def row(found: Computed, key: str) -> MetricRow:
    return next(metric for metric in found.report.metrics if metric.key == key)


def verdict(found: Computed) -> dict[str, Any]:
    assert found.report.verdict is not None
    return found.report.verdict


def use(experiment: Experiment, key: str, role: str, margin: float | None = None) -> Metric:
    metric = Metric.objects.get(site=experiment.site, key=key)
    ExperimentMetric.objects.create(experiment=experiment, metric=metric, role=role, margin=margin)
    return metric


def test_values__of_a_known_run__are_its_sums() -> None:
    found = computed(a_run({"control": Shares(600, 0.2, 0.1), "treatment": Shares(600, 0.25, 0.2)}))

    assert row(found, "conversion").values["treatment"] == {
        "n": 600, "numerator": 150, "denominator": 600, "value": 0.25
    }  # fmt: skip
    assert row(found, "ctr").values["control"]["value"] == 0.1
    buyers = [number for number in range(600) if (number + 1) % 4 == 0]
    spent = sum(3000 + 10 * (number % 101 - 50) for number in buyers)
    assert row(found, "revenue_per_unit").values["treatment"]["numerator"] == spent
    assert row(found, "aov").values["treatment"] == {
        "n": 600, "numerator": spent, "denominator": 150, "value": spent / 150
    }  # fmt: skip
    assert [variant.units for variant in found.report.variants] == [600, 600]
    assert (found.report.days, found.report.unattributed, found.report.waiting) == (14, 0, 0)


def test_comparison__of_a_metric__is_the_one_its_moments_give() -> None:
    experiment = a_run(BETTER, planned_units=1400)
    found = computed(experiment)

    for metric in found.report.metrics:
        stored = found.moments[metric.key]
        again = compare(
            Kind(metric.kind),
            Moments.from_dict(stored["control"]),
            Moments.from_dict(stored["treatment"]),
            monitoring=Monitoring.ALWAYS_VALID,
            planned_n=1400,
        ).to_dict()
        shown = metric.comparisons["treatment"] | {"p_adjusted": None, "adjustment": None}
        assert {name: shown[name] for name in again} == again


@pytest.mark.parametrize(
    ("behaviour", "fields", "state"),
    [
        (BETTER, {}, "ship"),
        (WORSE, {}, "stop"),
        (EVEN, {}, "inconclusive"),
        (EVEN, {"has_ended": False, "planned_days": 28}, "keep_running"),
        (EVEN, {"has_ended": False, "days": 5}, "do_not_read_yet"),
        (BETTER | {"control": Shares(500, 0.2)}, {}, "withheld"),
        ({"control": Shares(0, 0), "treatment": Shares(0, 0)}, {"has_ended": False}, "no_data"),
    ],
)
def test_verdict__of_a_run__has_the_state_that_the_rules_give(
    behaviour: dict[str, Shares], fields: dict[str, Any], state: str
) -> None:
    assert verdict(computed(a_run(behaviour, **fields)))["state"] == state


def test_verdict__equal_variants_within_the_planned_effect__is_no_gain() -> None:
    many = {"control": Shares(1000, 0.8), "treatment": Shares(1000, 0.8)}
    experiment = a_run(many, planned_units=2000, mde=0.15)

    assert verdict(computed(experiment))["state"] == "no_meaningful_gain"


def test_split__far_from_the_weights__blocks_whatever_the_lift() -> None:
    found = computed(a_run(BETTER | {"control": Shares(500, 0.2)}))

    assert found.report.split["level"] == "block"
    assert found.report.split["counts"] == [500, 700]
    assert verdict(found)["reasons"] == ["split"]
    assert row(found, "conversion").comparisons["treatment"]["p_value"] < 0.001


def test_split__uneven_as_configured__is_no_mismatch() -> None:
    drafts = [
        VariantDraft(key="control", name="Control", is_control=True, weight=4),
        VariantDraft(key="treatment", name="Treatment", weight=1),
    ]
    uneven = {"control": Shares(2400, 0.2), "treatment": Shares(600, 0.2)}

    found = computed(a_run(uneven, variants=drafts))

    assert found.report.split["p_value"] == pytest.approx(1)


def test_units__in_two_variants__are_left_out_counted_and_block_above_one_percent() -> None:
    experiment = a_run(EVEN)
    control = experiment.variants.get(is_control=True)
    for number in range(13):
        exposure(experiment, control, f"both-{number}", NOW, is_multiple=True).save()

    found = computed(experiment)

    assert (found.report.exposure["n_multiple"], found.report.exposure["n_units"]) == (13, 1213)
    assert sum(variant.units for variant in found.report.variants) == 1200
    assert verdict(found)["reasons"] == ["multiple_exposure"]


def test_units__that_are_no_shoppers__are_left_out_and_counted_by_kind() -> None:
    experiment = a_run(EVEN)
    control = experiment.variants.get(is_control=True)
    for number, kind in enumerate(["bot", "outlier", "outlier", "internal"]):
        is_multiple = number == 1
        fields = {"traffic": kind, "is_multiple": is_multiple}
        exposure(experiment, control, f"no-{number}", NOW, **fields).save()

    found = computed(experiment)

    assert found.report.left_out == {"bot": 1, "outlier": 2, "internal": 1}
    assert (found.report.exposure["n_multiple"], found.report.exposure["n_units"]) == (0, 1200)
    assert sum(variant.units for variant in found.report.variants) == 1200


def test_metric__that_fails__says_why_and_hides_no_other() -> None:
    experiment = a_run(EVEN)
    Metric.objects.filter(key="ctr").update(numerator={"source": "nowhere"})

    found = computed(experiment)

    assert "source" in row(found, "ctr").error
    assert (row(found, "ctr").values, row(found, "ctr").comparisons) == ({}, {})
    assert row(found, "conversion").values["control"]["numerator"] == 120
    assert row(found, "conversion").error == ""
    assert verdict(found)["state"] == "inconclusive"
    assert "ctr" not in found.moments


def test_metric__that_the_database_refuses__says_why_and_hides_no_other() -> None:
    experiment = a_run(EVEN)
    pieces = {"source": "events", "type": "purchase", "sum": "quantity"}
    Metric.objects.filter(key="ctr").update(kind="mean", numerator=pieces, denominator=None)
    for _ in range(4):
        event(experiment.site, "purchase", NOW, visitor_id="control-599", quantity=2**62).save()

    found = computed(experiment)

    assert row(found, "ctr").error != ""
    assert row(found, "conversion").values["control"]["value"] == 0.2


def test_primary__that_fails__leaves_no_verdict() -> None:
    experiment = a_run(BETTER)
    Metric.objects.filter(key="revenue_per_unit").update(numerator={"source": "nowhere"})

    assert computed(experiment).report.verdict is None


def test_guardrail__that_fails__holds_a_launch_back() -> None:
    experiment = a_run(BETTER)
    use(experiment, "revenue_per_unit", "primary")
    use(experiment, "ctr", "guardrail", margin=0.5)
    assert verdict(computed(experiment))["state"] == "ship"

    Metric.objects.filter(key="ctr").update(numerator={"source": "nowhere"})

    found = verdict(computed(experiment))
    assert found["state"] == "inconclusive"
    assert found["treatments"][0]["guardrails"][0]["state"] == "open"


def test_guardrail__beyond_its_limit__stops_a_winner() -> None:
    worse_clicks = {"control": Shares(700, 0.2, 0.4), "treatment": Shares(700, 0.4, 0.2)}
    experiment = a_run(worse_clicks)
    use(experiment, "revenue_per_unit", "primary")
    use(experiment, "ctr", "guardrail", margin=0.05)

    found = verdict(computed(experiment))

    assert (found["state"], found["reasons"]) == ("stop", ["guardrail_exceeded"])


def test_several_treatments__primary__is_adjusted_by_holm_and_secondary_by_bh() -> None:
    drafts = [
        VariantDraft(key="control", name="Control", is_control=True),
        VariantDraft(key="a", name="A"),
        VariantDraft(key="b", name="B"),
    ]
    shares = {"control": Shares(600, 0.2), "a": Shares(600, 0.27), "b": Shares(600, 0.22)}

    found = computed(a_run(shares, variants=drafts, monitoring="fixed"))

    primary = row(found, "revenue_per_unit").comparisons
    smaller = min(each["p_value"] for each in primary.values())
    assert min(each["p_adjusted"] for each in primary.values()) == pytest.approx(2 * smaller)
    assert {each["adjustment"] for each in primary.values()} == {"holm"}
    secondary = row(found, "conversion").comparisons["a"]
    assert secondary["adjustment"] == "benjamini_hochberg"


def test_phase__second__is_reported_on_its_own() -> None:
    experiment = a_run(EVEN, has_ended=False)
    Experiment.objects.filter(pk=experiment.pk).update(phase=2)
    experiment.refresh_from_db()
    control = experiment.variants.get(is_control=True)
    exposure(experiment, control, "control-1", NOW).save()

    found = computed(experiment)

    assert [variant.units for variant in found.report.variants] == [1, 0]
    assert found.report.from_us == microseconds(NOW)


def test_events__without_the_units_id__are_counted_from_the_first_exposure() -> None:
    experiment = a_run(EVEN)
    before = NOW - timedelta(days=30)
    for at, fields in [(NOW, {}), (NOW, {"account_id": "a"}), (before, {})]:
        event(experiment.site, "purchase", at, **fields).save()

    assert computed(experiment).report.unattributed == 2


def test_events__without_any_exposure__are_not_blamed_on_the_experiment() -> None:
    site = a_site()
    event(site, "purchase", NOW).save()

    assert computed(draft_experiment(site)).report.unattributed == 0


def test_data_cut__of_a_simulated_site__is_its_latest_row() -> None:
    simulated, real = a_run(EVEN), draft_experiment(a_site("real"))
    before = microseconds(NOW)

    assert data_cut_us(simulated) == before
    assert data_cut_us(real) != before


@pytest.mark.django_db(transaction=True)
def test_one_moment__on_sqlite__does_not_take_the_write_lock() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite's write lock")
    with CaptureQueriesContext(connection) as queries:
        with one_moment():
            assert connection.in_atomic_block
        with transaction.atomic():
            assert connection.in_atomic_block

    begun = [each["sql"] for each in queries if each["sql"].startswith("BEGIN")]
    assert begun == ["BEGIN", "BEGIN IMMEDIATE"]


@pytest.mark.django_db(transaction=True)
def test_one_moment__on_postgresql__shows_one_state_of_the_rows() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("about PostgreSQL's isolation levels")
    with one_moment(), connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        level = cursor.fetchone()

    assert level == ("repeatable read",)
