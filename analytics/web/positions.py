"""Clicks by position: the share of lists that were clicked at each rank, by variant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.stats.formats import number, percent
from analytics.web.charts import mark_of
from analytics.web.plots import HEIGHT, Plot, line_of, percent_label, scale_over, x_labels, y_ticks
from analytics.web.texts import NOTHING

MOST_LINES = 5


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A rank in the table: the share of each variant and what it is a quotient of."""

    position: str
    cells: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class PositionsView:
    """Click-through by rank."""

    plot: Plot | None
    headers: tuple[str, ...]
    rows: tuple[PositionRow, ...]
    note: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Variant:
    name: str
    mark: int
    rows: Sequence[Mapping[str, int]]

    @property
    def rates(self) -> list[float | None]:
        return [row["clicked"] / row["shown"] if row["shown"] else None for row in self.rows]


def positions_of(results: Mapping[str, Any]) -> PositionsView | None:
    """Return the click-through of each rank, None where no list was shown."""
    found = results["details"].get("positions")
    if not found:
        return None
    if "error" in found:
        return PositionsView(None, (), (), "", found["error"])
    variants = [
        _Variant(variant["name"], mark_of(index), found["variants"].get(variant["key"], []))
        for index, variant in enumerate(results["variants"])
    ]
    count = max((len(each.rows) for each in variants), default=0)
    if not count:
        return None
    return PositionsView(
        plot=_plot(variants, count),
        headers=tuple(each.name for each in variants),
        rows=tuple(_row(variants, place) for place in range(count)),
        note=_note(found["unranked"], found.get("dropped", 0), found.get("basis", "")),
    )


def _plot(variants: Sequence[_Variant], count: int) -> Plot:
    drawn = variants[:MOST_LINES]
    scale = scale_over([rate for each in drawn for rate in each.rates if rate is not None], steps=4)
    return Plot(
        label=f"Share of lists clicked at each of {count} ranks: {_spoken(drawn)}",
        height=HEIGHT,
        y_ticks=y_ticks(scale, [percent_label(value, scale) for value in scale.values]),
        x_labels=x_labels([str(place + 1) for place in range(count)], most=10),
        lines=tuple(line_of(each.name, each.mark, each.rates, scale) for each in drawn),
    )


def _spoken(variants: Sequence[_Variant]) -> str:
    """Return what stands at the first rank, in words."""
    firsts = [f"{each.name} {percent(each.rates[0] or 0)}" for each in variants if each.rates]
    return "at the first, " + ", ".join(firsts)


def _row(variants: Sequence[_Variant], place: int) -> PositionRow:
    cells = tuple((each.name, *_cell(each, place)) for each in variants)
    return PositionRow(str(place + 1), cells)


def _cell(variant: _Variant, place: int) -> tuple[str, str]:
    if place >= len(variant.rows) or variant.rates[place] is None:
        return NOTHING, ""
    row = variant.rows[place]
    share = percent(variant.rates[place] or 0, decimals=2)
    return share, f"{number(row['clicked'])} / {number(row['shown'])}"


def _note(unranked: int, dropped: int, basis: str) -> str:
    """Return which lists are in none of the shares, and which are in all; "" where all are."""
    notes = [basis] if basis else []
    if unranked:
        notes.append(f"{number(unranked)} lists were clicked without a rank, so at none of these.")
    if dropped:
        notes.append(f"{number(dropped)} older lists are kept no longer and not counted here.")
    return " ".join(notes)
