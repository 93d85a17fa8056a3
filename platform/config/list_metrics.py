"""What `/metrics` tells of served lists: how many, by whom, and why by another."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric

from experiments.health.lists import served_by, served_in

RECORDED = "Counted are recorded lists that the drain has applied. "
FALLBACK = "fallback: why another answered than was asked, empty when none did."


def lists_served() -> Iterator[Metric]:
    """Yield the counters of lists; a fallback's share is that of the samples that name one."""
    by = CounterMetricFamily(
        "armature_lists_served",
        f"Lists by the recommender that made them. {RECORDED}{FALLBACK}",
        labels=["site", "recommender", "fallback"],
    )
    for each in served_by():
        by.add_metric([each.site, each.recommender, each.fallback], each.slates)
    within = CounterMetricFamily(
        "armature_variant_lists_served",
        f"Lists of variants of running and paused experiments. {RECORDED}{FALLBACK}",
        labels=["site", "experiment", "variant", "fallback"],
    )
    for one in served_in():
        within.add_metric([one.site, one.experiment, one.variant, one.fallback], one.slates)
    yield from (by, within)
