"""The published cases of the GrowthBook SDK specification, as stored in `data/`."""

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "data" / "growthbook-cases.json"


@cache
def published(section: str) -> list[Any]:
    """Return the cases of a section; `data/README.md` says what they are and where from."""
    cases: list[Any] = json.loads(FILE.read_text())[section]
    return cases
