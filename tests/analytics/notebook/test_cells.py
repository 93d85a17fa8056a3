"""A notebook is made of cells whose text no experiment writes."""

import json
from itertools import pairwise

from analytics.notebook.cells import Cell, cells_in, notebook_of, notebook_text, parts_cells


def test_cells__of_the_parts__begin_with_prose_and_compile() -> None:
    cells = list(parts_cells())

    assert cells[0].kind == "markdown"
    for cell in cells:
        if cell.kind == "code":
            compile(cell.source, "cell", "exec")
    # Every piece of code is introduced by prose.
    assert all({before.kind, cell.kind} != {"code"} for before, cell in pairwise(cells))


def test_cells__of_the_parts__import_numbers_and_nothing_of_this_service() -> None:
    source = "\n".join(cell.source for cell in parts_cells() if cell.kind == "code")
    imported = {line.split()[1].split(".")[0] for line in source.splitlines() if _imports(line)}

    assert imported == {
        "json",
        "math",
        "datetime",
        "pathlib",
        "zoneinfo",
        "numpy",
        "pyarrow",
        "scipy",
    }


def _imports(line: str) -> bool:
    return line.startswith(("import ", "from "))


def test_cells__of_a_text_without_code__are_its_prose() -> None:
    assert list(cells_in("\nOnly prose.\n")) == [Cell("markdown", "Only prose.")]
    assert list(cells_in("")) == []


def test_notebook__written__has_the_shape_of_the_format() -> None:
    cells = [Cell("markdown", "# Größe\n\nprose"), Cell("code", "x = 1\ny = 2")]

    found = json.loads(notebook_text(notebook_of(cells, {"analysis": 3})))

    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert found["metadata"]["armature"] == {"analysis": 3}
    prose, code = found["cells"]
    assert prose == {
        "id": "cell-00",
        "cell_type": "markdown",
        "metadata": {},
        "source": ["# Größe\n", "\n", "prose"],
    }
    assert code["source"] == ["x = 1\n", "y = 2"]
    assert (code["outputs"], code["execution_count"]) == ([], None)
