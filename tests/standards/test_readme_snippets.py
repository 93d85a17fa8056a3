"""What the README says of other people's SDKs works as it is written."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checks import ROOT
from tests.standards import node_clients
from tests.standards.agreement import Shop

pytestmark = pytest.mark.flow

README = (ROOT / "README.md").read_text()
ADDRESS = "http://127.0.0.1:8000"
VARIANTS = {"v0", "v1", "v2", "v3", "v4", "v5", "v6", "None", "null"}


def block(language: str, first: str, shop: Shop) -> str:
    """Return the README's block that begins with a line, asking the running shop."""
    found = re.search(rf"```{language}\n({re.escape(first)}.*?)```", README, re.S)
    assert found is not None
    assert ADDRESS in found[1]
    return found[1].replace(ADDRESS, shop.address)


def said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_readme_python__run_as_written__tells_a_variant(shop: Shop, tmp_path: Path) -> None:
    lines = block("python", "from growthbook", shop).strip().splitlines()
    program = tmp_path / "program.py"
    program.write_text(
        "\n".join([f"KEY = {shop.publishable!r}", *lines[:-1], f"print({lines[-1]})"])
    )

    assert said([sys.executable, str(program)]) in VARIANTS


def test_readme_segment__run_as_written__is_delivered(shop: Shop, tmp_path: Path) -> None:
    first = "import segment.analytics as analytics\n"
    code = block("python", first.strip(), shop).removeprefix(first)
    program = tmp_path / "program.py"
    program.write_text(
        f"{first}KEY = {shop.publishable!r}\nanalytics.on_error = print\n{code}print('done')"
    )

    assert said([sys.executable, str(program)]) == "done"


def test_readme_javascript__run_as_written__tells_a_variant(shop: Shop, node: None) -> None:
    program_of_node, folder = node_clients.script("")
    program = Path(folder) / "readme.mjs"
    code = block("js", "import { OpenFeature }", shop)
    program.write_text(
        f"{code}console.log(home.variant);\nawait OpenFeature.close();\n".replace(
            "const provider", f"const KEY = {shop.publishable!r};\nconst provider"
        )
    )

    assert said([program_of_node, str(program)]) in VARIANTS
