"""The page's own styles for files that stand alone."""

import re
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders

TOKEN = re.compile(r"--([a-z0-9-]+):\s*light-dark\(\s*(#[0-9a-fA-F]{6})\s*,")


def stylesheet(name: str) -> str:
    """Return a stylesheet of the installation, such as css/report.css; raises OSError."""
    found = finders.find(name)
    if found is None:
        raise FileNotFoundError(f"the stylesheet {name} is missing from the installation")
    return Path(str(found)).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def light_tokens() -> dict[str, str]:
    """Return the colours of the light theme by name, dashes as underscores: {"ink_2": "#474c54"}.

    They are read from the page's own tokens, so that a chart in a file looks as it does there.
    """
    found = TOKEN.findall(stylesheet("css/tokens.css"))
    return {name.replace("-", "_"): colour for name, colour in found}
