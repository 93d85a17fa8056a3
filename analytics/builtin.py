"""The metrics that every site begins with; docs/metrics-library.md says what each counts."""

from collections.abc import Mapping
from typing import Any

from experiments.models import Site
from experiments.models.event import STRANGER

Fields = Mapping[str, Any]

PURCHASE = {"source": "events", "type": "purchase"}
REVENUE = {**PURCHASE, "sum": "amount", "subtract": "refund"}
ORDERS = {**PURCHASE, "count": "order_ref"}
SLATES = {"source": "slates"}
ACTS = ["page_view", "view_item", "search", "select_item", "add_to_cart", "purchase"]
SESSIONS = {"source": "sessions", "types": ACTS}

PRIMARY, SECONDARY, GUARDRAIL = "primary", "secondary", "guardrail"
SLOW_US = 200_000  # a page waits no longer; how much slower the one is than the other says less
EXTREMES = 0.999  # of all units: what the few largest bring says little about the others

SHOP: tuple[Fields, ...] = (
    {
        "key": "revenue_per_unit",
        "name": "Revenue per unit",
        "description": "What a unit's purchases brought, less what refunds took back.",
        "kind": "mean",
        "numerator": REVENUE,
        "format": "money",
        "default_role": PRIMARY,
        "winsor": EXTREMES,
        "uses_cuped": True,
        "tags": ["shop"],
    },
    {
        "key": "conversion",
        "name": "Conversion",
        "description": "The share of units that purchased anything.",
        "kind": "binary",
        "numerator": PURCHASE,
        "format": "percent",
        "default_role": SECONDARY,
        "uses_cuped": True,
        "tags": ["shop"],
    },
    {
        "key": "ctr",
        "name": "Slate click-through",
        "description": "The share of lists with at least one click.",
        "kind": "ratio",
        "numerator": {**SLATES, "sum": "clicked"},
        "denominator": SLATES,
        "format": "percent",
        "default_role": SECONDARY,
        "tags": ["lists"],
    },
    {
        "key": "aov",
        "name": "Average order value",
        "description": "Revenue less refunds, by order; who buys may change as well.",
        "kind": "ratio",
        "numerator": REVENUE,
        "denominator": ORDERS,
        "format": "money",
        "default_role": SECONDARY,
        "tags": ["shop"],
    },
)

RECOMMENDER: tuple[Fields, ...] = (
    {
        "key": "slow_list_rate",
        "name": "Slow lists",
        "description": "The share of lists that took longer than 200 ms.",
        "kind": "ratio",
        "numerator": {**SLATES, "where": {"latency_us": {"gt": SLOW_US}}},
        "denominator": SLATES,
        "format": "percent",
        "direction": "down",
        "default_margin": 0.5,
    },
    {
        "key": "fallback_rate",
        "name": "Fallback rate",
        "description": "The share of lists that something answered in the recommender's place,"
        " without those for units that it does not know.",
        "kind": "ratio",
        "numerator": {**SLATES, "where": {"fallback": {"not_in": ["", STRANGER]}}},
        "denominator": SLATES,
        "format": "percent",
        "direction": "down",
        "default_margin": 0.5,
    },
    {
        "key": "empty_list_rate",
        "name": "Empty-list rate",
        "description": "The share of lists without any item.",
        "kind": "ratio",
        "numerator": {**SLATES, "where": {"n_items": 0}},
        "denominator": SLATES,
        "format": "percent",
        "direction": "down",
        "default_margin": 0.5,
    },
    {
        "key": "catalogue_coverage",
        "name": "Catalogue coverage",
        "description": "The share of places on lists that showed more than the best sellers.",
        "kind": "ratio",
        "numerator": {**SLATES, "sum": "n_tail"},
        "denominator": {**SLATES, "sum": "n_known"},
        "format": "percent",
        "default_margin": 0.5,
    },
    {
        "key": "intra_list_diversity",
        "name": "Intra-list diversity",
        "description": "The share of pairs of items on a list that are of different categories.",
        "kind": "ratio",
        "numerator": {**SLATES, "sum": "unlike_pairs"},
        "denominator": {**SLATES, "sum": "pairs"},
        "format": "percent",
        "default_margin": 0.5,
    },
    {
        "key": "novelty",
        "name": "Novelty, thousandths of a bit",
        "description": "How little known shown items are: −log2 of the share of units that touched"
        " them, the mean over places.",
        "kind": "ratio",
        "numerator": {**SLATES, "sum": "novelty_mbit"},
        "denominator": {**SLATES, "sum": "n_known"},
        "format": "number",
        "default_margin": 0.5,
    },
)

MORE: tuple[Fields, ...] = (
    {
        "key": "ctr_per_unit",
        "name": "Units that clicked",
        "description": "The share of units that clicked on a list at least once.",
        "kind": "binary",
        "numerator": {**SLATES, "sum": "clicked"},
        "format": "percent",
        "tags": ["lists"],
    },
    {
        "key": "ctr_top_3",
        "name": "Clicks on the first three places",
        "description": "Clicks at positions 1 to 3, by list.",
        "kind": "ratio",
        "numerator": {
            "source": "events",
            "type": "select_item",
            "where": {"position": {"lte": 3}},
        },
        "denominator": SLATES,
        "format": "number",
        "tags": ["lists"],
    },
    {
        "key": "add_to_cart_rate",
        "name": "Add-to-cart rate",
        "description": "The share of units that put anything into the cart.",
        "kind": "binary",
        "numerator": {"source": "events", "type": "add_to_cart"},
        "format": "percent",
        "uses_cuped": True,
        "tags": ["shop"],
    },
    {
        "key": "items_per_order",
        "name": "Items per order",
        "description": "Pieces that were bought, less those that came back, by order.",
        "kind": "ratio",
        "numerator": {**PURCHASE, "sum": "quantity", "subtract": "refund"},
        "denominator": ORDERS,
        "format": "number",
        "tags": ["shop"],
    },
    {
        "key": "bounce_rate",
        "name": "Bounce rate",
        "description": "The share of sessions in which a unit did one thing and no more.",
        "kind": "ratio",
        "numerator": {**SESSIONS, "bounced": True},
        "denominator": SESSIONS,
        "format": "percent",
        "direction": "down",
        "tags": ["shop"],
    },
    {
        "key": "attributed_revenue",
        "name": "Attributed revenue per unit",
        "description": "Price times quantity of bought items that the unit had clicked on a list.",
        "kind": "mean",
        "numerator": {"source": "attributed"},
        "format": "money",
        "winsor": EXTREMES,
        "tags": ["lists", "shop"],
    },
    {
        "key": "total_revenue",
        "name": "Total revenue per unit",
        "description": "What a unit's purchases brought, whatever refunds took back.",
        "kind": "mean",
        "numerator": {**PURCHASE, "sum": "amount"},
        "format": "money",
        "winsor": EXTREMES,
        "uses_cuped": True,
        "tags": ["shop"],
    },
    {
        "key": "view_to_purchase",
        "name": "From view to purchase",
        "description": "The share of units that viewed an item, filled a cart, and purchased.",
        "kind": "binary",
        "numerator": {
            "source": "events",
            "steps": [{"type": "view_item"}, {"type": "add_to_cart"}, {"type": "purchase"}],
        },
        "format": "percent",
        "tags": ["shop"],
    },
    {
        "key": "back_on_day_7",
        "name": "Back on day 7",
        "description": "The share of units that were shown a list on the seventh day after their"
        " first; only of those for whom that day is over.",
        "kind": "retention",
        "numerator": {**SLATES, "day": 7},
        "format": "percent",
        "tags": ["lists"],
    },
    {
        "key": "latency_p95",
        "name": "List latency, 95th percentile",
        "description": "The time within which 95 of 100 lists were answered, by steps of 0.1 ms.",
        "kind": "quantile",
        "numerator": {**SLATES, "value": "latency_us", "quantile": 0.95},
        "format": "time",
        "direction": "down",
        "tags": ["recommender"],
    },
    {
        "key": "basket_p90",
        "name": "Order value, 90th percentile",
        "description": "The value that 90 of 100 purchases do not exceed, before refunds.",
        "kind": "quantile",
        "numerator": {**PURCHASE, "value": "amount", "quantile": 0.9},
        "format": "money",
        "tags": ["shop"],
    },
)


def builtin_metrics() -> list[dict[str, Any]]:
    """Return the fields of each built-in metric, in the order in which a site gets them.

    Those of recommenders are guardrails of every experiment that names no metrics of its own.
    """
    watched = ({**each, "default_role": GUARDRAIL, "tags": ["recommender"]} for each in RECOMMENDER)
    offered = ({**each, "default_role": ""} for each in MORE)
    return [{**each, "is_builtin": True} for each in (*SHOP, *watched, *offered)]


def create_builtin_metrics(site: Site) -> None:
    """Give a new site the built-in metrics."""
    from analytics.models import Metric

    Metric.objects.bulk_create(Metric(site=site, **fields) for fields in builtin_metrics())
