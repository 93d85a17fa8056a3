"""Rows of an experiment that was run elsewhere: a unit, its variant, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.importing.cells import unguarded
from config.importing.native_files import NativeRow, read_table
from config.importing.prices import minor_price
from config.importing.records import BadRow, SourceError
from config.importing.refused import RefusedRow, refused_row
from experiments.models.event import ID, MAX_AMOUNT

KINDS = ("binary", "count", "money")
YES, NO = frozenset({"1", "true", "yes"}), frozenset({"", "0", "false", "no"})
MOST_VARIANTS = 20


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a file hold; `unit` "": every row is a unit of its own.

    `outcomes`: kind (binary, count or money) by column, the first of them decides.
    """

    variant: str
    outcomes: Mapping[str, str]
    unit: str = ""
    attributes: Sequence[str] = ()

    @property
    def all(self) -> list[str]:
        """Return every column that is read."""
        named = [self.variant, *self.outcomes, *self.attributes]
        return [*named, self.unit] if self.unit else named


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One unit: its variant as the file names it, and its outcomes as whole numbers."""

    unit_id: str
    variant: str
    outcomes: Mapping[str, int]
    attributes: Mapping[str, str]


def outcomes_of(pairs: Sequence[str]) -> dict[str, str]:
    """Return kind by column of what `--outcome COLUMN=KIND` was given; raises SourceError.

    >>> outcomes_of(["spend=money", "visit=binary"])
    {'spend': 'money', 'visit': 'binary'}
    """
    found: dict[str, str] = {}
    for text in pairs:
        column, equals, kind = text.rpartition("=")
        if not (column and equals) or kind not in KINDS:
            known = ", ".join(KINDS)
            raise SourceError(f"--outcome takes COLUMN=KIND with a kind of {known}; got {text!r}")
        found[column] = kind
    return found


def variants_in(path: Path, columns: Columns) -> list[str]:
    """Return the variants that a file names, sorted; raises SourceError on a file without them."""
    found: set[str] = set()
    for row in read_table(path):
        if row.problem:
            continue
        _require_columns(row, columns)
        if name := str(row.cells[columns.variant]).strip():
            found.add(name)
        if len(found) > MOST_VARIANTS:
            raise SourceError(f"{columns.variant!r} has more than {MOST_VARIANTS} values: wrong?")
    if len(found) < 2:
        raise SourceError(f"{columns.variant!r} names {len(found)} variants; two are needed")
    return sorted(found)


def _require_columns(row: NativeRow, columns: Columns) -> None:
    if missing := [name for name in columns.all if name not in row.cells]:
        has = ", ".join(row.cells)
        raise SourceError(f"{row.file} has no column {missing[0]!r}; its columns: {has}")


def read_outcomes(
    path: Path, columns: Columns, variants: Sequence[str], currency: str
) -> Iterator[OutcomeRow | RefusedRow]:
    """Yield each row as a unit or as refused, in the file's order; raises SourceError."""
    for row in read_table(path):
        try:
            if row.problem:
                raise BadRow(row.problem)
            yield _read(row, columns, variants, currency)
        except BadRow as bad:
            code, _, name = bad.reason.partition(":")
            yield refused_row(row, row.cells, code, name)


def _read(row: NativeRow, columns: Columns, variants: Sequence[str], currency: str) -> OutcomeRow:
    variant = _text(row, columns.variant)
    if variant not in variants:
        raise BadRow(f"unknown_variant:{columns.variant}")
    unit_id = _text(row, columns.unit) if columns.unit else f"row-{row.line}"
    if not unit_id or len(unit_id) > ID:
        raise BadRow(f"invalid_field:{columns.unit}")
    return OutcomeRow(
        unit_id,
        variant,
        {name: _value(row, name, kind, currency) for name, kind in columns.outcomes.items()},
        {name: _text(row, name) for name in columns.attributes},
    )


def _value(row: NativeRow, name: str, kind: str, currency: str) -> int:
    """Return an outcome as a whole number: 0 or 1, a count, or minor units of the currency."""
    text = _text(row, name)
    if kind == "binary":
        return _truth(text, name)
    if not text:
        return 0
    if kind == "money":
        try:
            return minor_price(text, currency)
        except BadRow as bad:
            raise BadRow(bad.reason.replace("price", name)) from None
    if not text.isascii() or not text.isdigit() or int(text) > MAX_AMOUNT:
        raise BadRow(f"invalid_field:{name}")
    return int(text)


def _truth(text: str, name: str) -> int:
    if (word := text.lower()) in YES:
        return 1
    if word not in NO:
        raise BadRow(f"invalid_field:{name}")
    return 0


def _text(row: NativeRow, name: str) -> str:
    value: Any = row.cells.get(name)
    return unguarded(str(value).strip()) if value is not None else ""
