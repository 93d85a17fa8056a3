"""Running a notebook's cells as Jupyter would, in a process that knows nothing of this service."""

import subprocess
import sys
from pathlib import Path

from analytics.models import Analysis
from analytics.notebook.files import write_files

# Without the folder of tests, environment or user's packages on the path (-I); the last line of a
# failed run names what differed.
RUN = """
import importlib.util, json, sys
for room in ("analytics", "experiments", "recommenders", "config"):
    assert importlib.util.find_spec(room) is None, room
cells = [each for each in json.load(open(sys.argv[1]))["cells"] if each["cell_type"] == "code"]

def run(analysis_file=None):
    names = {"__name__": "__main__"}
    for cell in cells:
        exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
        names["ANALYSIS_FILE"] = analysis_file or names["ANALYSIS_FILE"]

for file in sys.argv[2:]:
    try:
        run(file)
        print(file, "agrees")
    except AssertionError as stopped:
        print(file, stopped)
if not sys.argv[2:]:
    run()
"""
PATIENCE_S = 300


def run_notebook(folder: Path, name: str, *instead: str) -> subprocess.CompletedProcess[str]:
    """Run the code of a notebook in its folder; return how it ended and what it printed.

    `instead`: files to read in place of the analysis, one after the other; for each a line says at
    what the notebook stopped.
    """
    return subprocess.run(
        [sys.executable, "-I", "-c", RUN, name, *instead],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def recomputed(analysis: Analysis, folder: Path) -> str:
    """Write an analysis with its notebook, run it; return what it printed, fail if it stopped."""
    notebook, *_data = write_files(analysis, folder, actor="ines")
    done = run_notebook(folder, notebook.name)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "all of them equal" in done.stdout
    return done.stdout
