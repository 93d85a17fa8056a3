"""What buyers spent, on a logarithmic axis, with the cap of the revenue metric drawn."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from analytics.formatting import value_format
from analytics.stats.formats import ValueFormat, number, percent
from analytics.web.plots import (
    HEIGHT,
    Plot,
    XLabel,
    line_of,
    percent_label,
    scale_over,
    written,
    y_ticks,
)
from analytics.web.texts import NOTHING

MOST_LINES = 5
MOST_LABELS = 5


@dataclass(frozen=True, slots=True)
class BinRow:
    """A bin in the table: its ends and the units of each variant."""

    range: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cap:
    """Where values are capped, and on which side of the chart its words fit."""

    x: str
    rest: str
    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class DistributionView:
    """Buyers by what they brought."""

    metric: str
    plot: Plot | None
    cap: Cap | None
    headers: tuple[str, ...]
    rows: tuple[BinRow, ...]
    facts: tuple[tuple[str, str], ...]
    lead: str
    error: str = ""


def distribution_of(results: Mapping[str, Any]) -> DistributionView | None:
    """Return the distribution of revenue, None where no metric is revenue per unit."""
    found = results["details"].get("distribution")
    if not found:
        return None
    if "error" in found:
        return DistributionView("", None, None, (), (), (), "", found["error"])
    metric = next((m for m in results["metrics"] if m["key"] == found["metric"]), None)
    if metric is None:
        return None
    form = value_format(metric["format"], results["currency"])
    variants = [(v["name"], found["variants"].get(v["key"], {})) for v in results["variants"]]
    edges: Sequence[int] = found["edges"]
    return DistributionView(
        metric=metric["name"],
        plot=_plot(variants, edges, form) if edges else None,
        cap=_cap(metric.get("cap"), edges, form) if edges else None,
        headers=tuple(name for name, _own in variants),
        rows=_rows(variants, edges, form),
        facts=_facts(results, metric, form),
        lead=_lead(variants),
    )


def _plot(
    variants: Sequence[tuple[str, Mapping[str, Any]]], edges: Sequence[int], form: ValueFormat
) -> Plot:
    drawn = [(name, place, _shares(own)) for place, (name, own) in enumerate(variants)][:MOST_LINES]
    scale = scale_over([share for _n, _p, shares in drawn for share in shares], steps=4)
    return Plot(
        label=_spoken(edges, form),
        height=HEIGHT,
        y_ticks=y_ticks(scale, [percent_label(value, scale) for value in scale.values]),
        x_labels=_x_labels(edges, form),
        lines=tuple(
            line_of(name, min(place, 4), shares, scale, is_marked=len(shares) <= 16)
            for name, place, shares in drawn
        ),
    )


def _shares(own: Mapping[str, Any]) -> list[float]:
    """Return the share of a variant's buyers in each bin."""
    counts: list[int] = own.get("counts", [])
    buyers = sum(counts)
    return [n / buyers if buyers else 0.0 for n in counts]


def _x_labels(edges: Sequence[int], form: ValueFormat) -> tuple[XLabel, ...]:
    every = max(1, math.ceil(len(edges) / MOST_LABELS))
    return tuple(
        XLabel(written(_x(edge, edges)), _amount(edge, form))
        for place, edge in enumerate(edges)
        if place % every == 0
    )


def _x(amount: float, edges: Sequence[int]) -> float:
    """Return where an amount stands: bins are equally wide, amounts within one are not told."""
    for place, (low, high) in enumerate(pairwise(edges)):
        if amount < high:
            within = math.log(max(amount, low) / low) / math.log(high / low)
            return 100 * (place + within) / (len(edges) - 1)
    return 100.0


def _cap(cap: int | None, edges: Sequence[int], form: ValueFormat) -> Cap | None:
    if cap is None or cap <= 0:
        return None
    x = _x(cap, edges)
    return Cap(
        x=written(x),
        rest=written(100 - x),
        label=f"cap {_amount(cap, form)}",
        anchor="end" if x > 50 else "start",
    )


def _amount(amount: int, form: ValueFormat) -> str:
    """Return an amount without the decimals that an axis has no room for."""
    is_whole = amount >= 10**form.minor_digits
    whole = ValueFormat("money", 0 if is_whole else 2, form.currency, form.minor_digits)
    return whole.text(amount)


def _spoken(edges: Sequence[int], form: ValueFormat) -> str:
    return (
        f"Buyers by what they brought, from {_amount(edges[0], form)} to "
        f"{_amount(edges[-1], form)} on a logarithmic axis"
    )


def _rows(
    variants: Sequence[tuple[str, Mapping[str, Any]]], edges: Sequence[int], form: ValueFormat
) -> tuple[BinRow, ...]:
    return tuple(
        BinRow(
            range=f"{form.text(low)} to below {form.text(high)}",
            cells=tuple(
                (name, number(own["counts"][place]) if own else NOTHING) for name, own in variants
            ),
        )
        for place, (low, high) in enumerate(pairwise(edges))
    )


def _lead(variants: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Return how many units are not drawn, since they brought nothing."""
    units = sum(own.get("units", 0) for _name, own in variants)
    nothing = sum(own.get("nothing", 0) for _name, own in variants)
    if not units:
        return "No unit has been exposed yet."
    return f"{percent(nothing / units)} of units brought nothing and are not drawn."


def _facts(
    results: Mapping[str, Any], metric: Mapping[str, Any], form: ValueFormat
) -> tuple[tuple[str, str], ...]:
    """Return the cap and how many units of each variant it touches."""
    if metric.get("cap") is None:
        return (("Cap", "none: extremes count in full"),)
    shares = [
        (f"Capped in {variant['name']}", percent(share, decimals=2))
        for variant in results["variants"]
        if (share := metric["values"].get(variant["key"], {}).get("share_capped")) is not None
    ]
    return (("Cap per unit", form.text(metric["cap"])), *shares)
