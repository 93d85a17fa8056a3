"""The comparison over a sample, as the template shows it: a table, histograms, sentences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from experiments.models import Site
from experiments.money import money_text
from recommenders.comparing.sample import SILENT, Question
from recommenders.comparing.tally import conclusion
from recommenders.models import Comparison
from recommenders.web.compare.texts import NOTHING, decimal_text, percent_text, time_text

Status = Comparison.Status
HEIGHT = 90  # pixels of the tallest bar
GAP = 1.2  # percent of the width between two bars
Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram: x and width in percent, y and height in pixels."""

    x: str
    width: str
    middle: str
    y: str
    height: str
    label: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many lists of a column share so many items with the first one's."""

    label: str
    mark: int
    bars: tuple[Bar, ...]
    mean: str
    mean_x: str
    is_right: bool
    said: str
    conclusion: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the table: a value for each column."""

    name: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SampleView:
    """A stored comparison; `state`: waiting, ready, failed or stopped."""

    pk: int
    state: str
    done: int
    of: int
    share: int
    error: str
    heads: tuple[tuple[int, str], ...] = ()
    rows: tuple[Measure, ...] = ()
    histograms: tuple[Histogram, ...] = ()
    said: str = ""


def sample_view(row: Comparison, site: Site) -> SampleView:
    """Return a stored comparison as it stands."""
    question = Question.of(row)
    columns = row.figures.get("columns", []) if row.status == Status.READY else []
    labels = [(mark, column["label"]) for mark, column in enumerate(columns)]
    return SampleView(
        pk=row.pk,
        state=_state(row),
        done=row.n_done,
        of=row.n_units,
        share=round(100 * row.n_done / row.n_units) if row.n_units else 0,
        error=row.error,
        heads=tuple(labels),
        rows=tuple(_measures(columns, question.k, site)) if columns else (),
        histograms=tuple(
            _histogram(column, mark, columns[0]["label"], question.k)
            for mark, column in enumerate(columns)
            if mark
        ),
        said=_said(row.figures) if columns else "",
    )


def _state(row: Comparison) -> str:
    if row.status in (Status.READY, Status.FAILED):
        return str(row.status)
    return "waiting" if timezone.now() - row.seen_at < SILENT else "stopped"


def _said(figures: Figures) -> str:
    done, wanted = figures["n_units"], figures["n_wanted"]
    text = f"{done:,} visitors of late, drawn by lot, the same for every list"
    return f"{text}; the time for all {wanted:,} was over" if done < wanted else f"{text}."


def _measures(columns: Sequence[Figures], k: int, site: Site) -> list[Measure]:
    def price(value: float | None) -> str:
        return NOTHING if value is None else money_text(round(value), site.currency)

    def count(value: int) -> str:
        n = columns[0]["n"]
        return f"{value:,} ({percent_text(value / n)})" if n else f"{value:,}"

    beside: list[tuple[str, str, Callable[[Any], str]]] = [
        (f"Shared with {columns[0]['label']}, of {k}", "overlap", _one_decimal),
        ("Rank-biased overlap", "rank_biased", decimal_text),
        ("The very same list", "identical", percent_text),
    ]
    alone: list[tuple[str, str, Callable[[Any], str]]] = [
        ("Catalogue shown", "coverage", percent_text),
        ("Share of the 100 best sellers", "best_sellers", percent_text),
        ("Categories in a list", "categories", _one_decimal),
        ("Median price", "price", price),
        ("Empty lists", "empty", count),
        ("Short lists", "short", count),
        ("Answered by a stand-in", "stand_in", count),
        ("Answer time, p95", "p95_ms", time_text),
    ]
    rows = [_measure(*row, columns, skips_first=True) for row in beside]
    return rows + [_measure(*row, columns, skips_first=False) for row in alone]


def _one_decimal(value: float | None) -> str:
    return decimal_text(value, 1)


def _measure(
    name: str,
    key: str,
    write: Callable[[Any], str],
    columns: Sequence[Figures],
    *,
    skips_first: bool,
) -> Measure:
    cells = tuple(
        (column["label"], NOTHING if skips_first and mark == 0 else write(column[key]))
        for mark, column in enumerate(columns)
    )
    return Measure(name, cells)


def _histogram(column: Figures, mark: int, first: str, k: int) -> Histogram:
    counts: Sequence[int] = column["overlaps"]
    most, width = max([*counts, 1]), 100 / len(counts)
    bars = tuple(
        Bar(
            x=f"{n * width + GAP / 2:.2f}%",
            width=f"{width - GAP:.2f}%",
            middle=f"{(n + 0.5) * width:.2f}%",
            y=f"{HEIGHT * (1 - count / most):.1f}",
            height=f"{HEIGHT * count / most:.1f}",
            label=str(n) if len(counts) <= 12 or n % 5 == 0 else "",
        )
        for n, count in enumerate(counts)
    )
    mean = column["overlap"]
    told = ", ".join(f"{n}: {count:,}" for n, count in enumerate(counts) if count)
    return Histogram(
        label=column["label"],
        mark=mark,
        bars=bars,
        mean=decimal_text(mean, 1),
        mean_x=f"{((mean or 0) + 0.5) * width:.2f}%",
        is_right=(mean or 0) > k / 2,
        said=f"Items of {k} shared with {first} by number of lists: {told or 'none'}",
        conclusion=conclusion(first, column["label"], column, k),
    )
