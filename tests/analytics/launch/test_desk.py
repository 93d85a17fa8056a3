"""What the set-up asks of metrics: which there are, and their roles in an experiment."""

import pytest

from analytics.launch.desk import choose, chosen, options
from analytics.models import ExperimentMetric, Metric
from experiments.desks import MetricUse
from experiments.errors import InvalidInput
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db


def test_options__of_a_site__are_its_newest_versions_by_name() -> None:
    site = a_site()
    old = Metric.objects.get(site=site, key="aov")
    Metric.objects.create(
        site=site, key="aov", name="A basket", kind=old.kind, numerator=old.numerator,
        denominator=old.denominator, direction="down", version=2,
    )  # fmt: skip

    found = options(site)

    assert [each.name for each in found][:2] == ["A basket", "Add-to-cart rate"]
    assert not found[0].rises_for_good


def test_choose__twice__replaces_and_keeps_the_version_it_had() -> None:
    site = a_site()
    experiment = draft_experiment(site)
    choose(experiment, [MetricUse("aov", "primary")])
    first = Metric.objects.get(site=site, key="aov")
    Metric.objects.create(
        site=site, key="aov", name="Later", kind=first.kind, numerator=first.numerator,
        denominator=first.denominator, version=2,
    )  # fmt: skip

    choose(experiment, [MetricUse("aov", "guardrail", 0.02), MetricUse("ctr", "primary")])

    rows = ExperimentMetric.objects.filter(experiment=experiment, metric__key="aov")
    assert rows.get().metric == first
    assert chosen(experiment) == [MetricUse("ctr", "primary"), MetricUse("aov", "guardrail", 0.02)]


@pytest.mark.parametrize(
    ("uses", "problem"),
    [
        ([MetricUse("aov", "primary"), MetricUse("ctr", "primary")], "more than one primary"),
        ([MetricUse("magic", "primary")], "has no metric 'magic'"),
        ([MetricUse("aov", "boss")], "is no role"),
    ],
)
def test_choose__what_cannot_be_read__is_refused_and_changes_nothing(
    uses: list[MetricUse], problem: str
) -> None:
    experiment = draft_experiment(a_site())
    choose(experiment, [MetricUse("conversion", "primary")])

    with pytest.raises(InvalidInput, match=problem):
        choose(experiment, uses)

    assert chosen(experiment) == [MetricUse("conversion", "primary")]
