"""docs/recommenders.md names what there is: capabilities, contracts, recommenders."""

import re
from pathlib import Path

from recommenders.base import Capability
from recommenders.contract import CONTRACTS
from recommenders.registry import BUILTIN

DOCUMENT = Path(__file__).parents[2] / "docs" / "recommenders.md"


def _rows() -> set[str]:
    """Return the names that begin a row of a table."""
    return set(re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text(), re.MULTILINE))


def test_document__tables__name_every_capability_contract_and_recommender() -> None:
    capabilities = {capability.name for capability in Capability}

    assert _rows() == capabilities | set(CONTRACTS) | set(BUILTIN)
