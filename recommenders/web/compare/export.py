"""The columns of one shopper as rows of a spreadsheet, and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from experiments.spreadsheets import safe_cell
from recommenders.web.compare.page import ColumnView

HEADER = [
    "column", "artifact", "problem", "rank", "item_id", "title", "category", "price_minor", "score",
    "reason", "stock", "change", "change_by", "shared_with_first", "rank_biased_overlap",
]  # fmt: skip


def csv_rows(columns: Sequence[ColumnView]) -> Iterator[list[Any]]:
    """Yield the header and one row per column and item; a column without a list has one too."""
    yield HEADER
    for column in columns:
        head = [safe_cell(text) for text in (column.label, column.artifact, column.problem)]
        beside: list[Any] = [None, None]
        if column.likeness:
            beside = [column.likeness.shared, column.likeness.rank_biased]
        if not column.lines:
            yield [*head, *[None] * 10, *beside]
        for line in column.lines:
            texts = (line.item_id, line.title, line.category)
            yield [
                *head,
                line.rank,
                *(safe_cell(text) for text in texts),
                line.minor_price,
                line.raw_score,
                safe_cell(line.reason),
                safe_cell(line.stock),
                line.change.kind,
                line.change.by,
                *beside,
            ]


def document(columns: Sequence[ColumnView], asked: str, said: str) -> dict[str, Any]:
    """Return the columns as JSON; `asked`: the query that asks for the same again."""
    return {"query": asked, "shopper": said, "columns": [_column(each) for each in columns]}


def _column(column: ColumnView) -> dict[str, Any]:
    return {
        "column": column.token,
        "label": column.label,
        "artifact": column.artifact,
        "problem": column.problem,
        "stand_in": column.stand_in,
        "took_ms": column.took_ms,
        "novelty_bits": column.novelty,
        "shared_with_first": column.likeness.shared if column.likeness else None,
        "rank_biased_overlap": column.likeness.rank_biased if column.likeness else None,
        "items": [
            {
                "rank": line.rank,
                "item_id": line.item_id,
                "title": line.title,
                "category": line.category,
                "price_minor": line.minor_price,
                "score": line.raw_score,
                "reason": line.reason,
                "stock": line.stock,
                "change": line.change.kind,
                "change_by": line.change.by,
            }
            for line in column.lines
        ],
    }
