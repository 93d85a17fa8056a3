"""Importing files of events as an operator does."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from experiments.models import Site


def bring(site: Site, *paths: Path, **options: Any) -> dict[str, Any]:
    """Import files and return the summary."""
    out = StringIO()
    call_command("import_events", *paths, site=site.slug, json=True, stdout=out, **options)
    summary: dict[str, Any] = json.loads(out.getvalue())
    return summary
