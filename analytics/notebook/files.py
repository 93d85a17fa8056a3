"""The notebook of an analysis, and the two files that it reads, beside it."""

import json
import shutil
from pathlib import Path

from analytics.exports.media import file_name
from analytics.exports.services import export_units
from analytics.exports.table import json_body
from analytics.models import Analysis
from analytics.notebook.cells import Cell, notebook_of, notebook_text, parts_cells

NOTEBOOK, ANALYSIS, UNITS = ".ipynb", ".json", "-units.arrow"


def notebook(analysis: Analysis) -> str:
    """Return the notebook of an analysis, as the text of its file."""
    about = {
        "analysis": analysis.pk,
        "settings_hash": analysis.settings_hash,
        "code_version": analysis.code_version,
    }
    return notebook_text(notebook_of([_title(analysis), _names(analysis), *parts_cells()], about))


def write_files(
    analysis: Analysis, folder: Path, *, actor: str, names_ids: bool = False
) -> tuple[Path, ...]:
    """Write the notebook, the analysis and the frame of its units into a folder; return the paths.

    The folder is made where there is none; what has the same names there is replaced. That units
    were handed out goes on record. Raises OSError where a file cannot be written, and what the
    frame raises.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {NOTEBOOK: notebook(analysis), ANALYSIS: json.dumps(json_body(analysis), indent=1)}
    paths = {ending: folder / file_name(analysis.experiment, ending) for ending in (*texts, UNITS)}
    for ending, text in texts.items():
        paths[ending].write_text(text, encoding="utf-8")
    frame = export_units(analysis=analysis, actor=actor, names_ids=names_ids)
    with frame, paths[UNITS].open("wb") as out:
        shutil.copyfileobj(frame, out)
    return tuple(paths.values())


def _title(analysis: Analysis) -> Cell:
    """Return the first cell; names of people's making stay in the files."""
    return Cell("markdown", f"# Analysis {analysis.pk}, recomputed from its units")


def _names(analysis: Analysis) -> Cell:
    lines = [
        f"{name} = {json.dumps(file_name(analysis.experiment, ending))}"
        for name, ending in (("ANALYSIS_FILE", ANALYSIS), ("UNITS_FILE", UNITS))
    ]
    return Cell("code", "\n".join(lines))
