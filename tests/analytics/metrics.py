"""Metrics as the built-in ones are, and the cut of a whole experiment."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from analytics.queries import Cut, MetricQuery
from experiments.clock import microseconds
from experiments.models import Experiment
from tests.factories import NOW

DAY = timedelta(days=1)
PURCHASE = {"source": "events", "type": "purchase"}
REVENUE = {**PURCHASE, "sum": "amount", "subtract": "refund"}
ORDERS = {**PURCHASE, "count": "order_ref"}
CONVERSION = MetricQuery("conversion", "binary", PURCHASE)
SPENT = MetricQuery("revenue", "mean", REVENUE)
AOV = MetricQuery("aov", "ratio", REVENUE, ORDERS)
CTR = MetricQuery("ctr", "ratio", {"source": "slates", "sum": "clicked"}, {"source": "slates"})
CANCELLED = MetricQuery("not_searched", "mean", {**PURCHASE, "sum": "amount", "subtract": "search"})
KEPT = MetricQuery("kept_pieces", "mean", {**PURCHASE, "sum": "quantity", "subtract": "refund"})
PIECES = MetricQuery("pieces", "mean", {**PURCHASE, "sum": "quantity"})
VIEWS = MetricQuery("views", "mean", {"source": "events", "type": "view_item"})
ALL = [CONVERSION, SPENT, AOV, CTR, PIECES, VIEWS, CANCELLED, KEPT]


def cut_of(experiment: Experiment, **changes: Any) -> Cut:
    whole = Cut(
        site_id=experiment.site_id,
        experiment_id=experiment.pk,
        phase=1,
        unit_type=experiment.unit_type,
        window_days=experiment.window_days,
        until_us=microseconds(NOW + 100 * DAY),
    )
    return replace(whole, **changes)
