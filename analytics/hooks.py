"""What this room adds to a new site: the metrics that every shop starts with."""

from experiments.desks import METRIC_DESKS, open_desk
from experiments.models import Site
from experiments.registries import SITE_INITIALISERS


def register() -> None:
    """Add this room's part to the registries of the room below."""
    from analytics.desk import DESK

    open_desk(METRIC_DESKS, DESK)
    if create_builtin_metrics not in SITE_INITIALISERS:
        SITE_INITIALISERS.append(create_builtin_metrics)


def create_builtin_metrics(site: Site) -> None:
    """Give a new site CTR, conversion, revenue per unit and average order value."""
    from analytics.models import Metric

    purchases = {"source": "events", "type": "purchase"}
    revenue = {**purchases, "sum": "amount", "subtract": "refund"}
    Metric.objects.bulk_create(
        [
            Metric(
                site=site,
                key="revenue_per_unit",
                name="Revenue per unit",
                kind=Metric.Kind.MEAN,
                numerator=revenue,
                format=Metric.Format.MONEY,
                default_role=Metric.Role.PRIMARY,
            ),
            Metric(
                site=site,
                key="conversion",
                name="Conversion",
                kind=Metric.Kind.BINARY,
                numerator=purchases,
                format=Metric.Format.PERCENT,
            ),
            Metric(
                site=site,
                key="ctr",
                name="Slate click-through",
                kind=Metric.Kind.RATIO,
                numerator={"source": "slates", "sum": "clicked"},
                denominator={"source": "slates"},
                format=Metric.Format.PERCENT,
            ),
            Metric(
                site=site,
                key="aov",
                name="Average order value",
                kind=Metric.Kind.RATIO,
                numerator=revenue,
                denominator={**purchases, "count": "order_ref"},
                format=Metric.Format.MONEY,
            ),
        ]
    )
