"""The cells of the notebook, from the documents in `parts/`: prose is Markdown, fences are code.

What differs between experiments is read from the exported files. Nothing that anybody wrote, such
as the name of a variant, ever becomes a part of a notebook.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PARTS = Path(__file__).with_name("parts")
FENCE = re.compile(r"^```python\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
NOTEBOOK_FORMAT = (4, 5)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: "code" or "markdown", and its text."""

    kind: str
    source: str


def parts_cells() -> Iterator[Cell]:
    """Yield the cells of all parts in their order."""
    for path in sorted(PARTS.glob("*.md")):
        yield from cells_in(path.read_text(encoding="utf-8"))


def cells_in(text: str) -> Iterator[Cell]:
    r"""Yield prose and fenced code as cells, empty ones left out.

    >>> [cell.kind for cell in cells_in("Some prose.\n\n```python\nx = 1\n```\nMore.\n")]
    ['markdown', 'code', 'markdown']
    """
    for place, source in enumerate(FENCE.split(text)):
        if source := source.strip():
            yield Cell("code" if place % 2 else "markdown", source)


def notebook_of(cells: list[Cell], about: dict[str, Any]) -> dict[str, Any]:
    """Return the cells as a Jupyter notebook; `about` is kept in its metadata.

    Source: nbformat 4.5, https://nbformat.readthedocs.io/en/latest/format_description.html
    """
    major, minor = NOTEBOOK_FORMAT
    return {
        "nbformat": major,
        "nbformat_minor": minor,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
            "armature": about,
        },
        "cells": [_cell(number, cell) for number, cell in enumerate(cells)],
    }


def notebook_text(notebook: dict[str, Any]) -> str:
    """Return a notebook as the text of its file."""
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _cell(number: int, cell: Cell) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": f"cell-{number:02}",
        "cell_type": cell.kind,
        "metadata": {},
        "source": cell.source.splitlines(keepends=True),
    }
    return found | ({"execution_count": None, "outputs": []} if cell.kind == "code" else {})
