"""Every refusal has its reason in words and what mends it."""

import re
from pathlib import Path

from experiments.received.fixes import FIXES

ROOMS = ("experiments/intake", "experiments/segment", "experiments/drain")
SOURCE = Path(__file__).resolve().parents[3]
REFUSED = re.compile(r'(?:Refused|Rejection)\(\s*(?:index, )?"([a-z_]+)"')
OF_THE_DRAIN = {"conflict", "exposure_mismatch", "poison"}


def test_codes__of_refusals__have_a_fix_each() -> None:
    texts = [path.read_text() for room in ROOMS for path in (SOURCE / room).glob("*.py")]
    codes = {code for text in texts for code in REFUSED.findall(text)}

    assert {"too_old", "currency_mismatch", "too_precise", "too_deep"} <= codes
    assert codes | OF_THE_DRAIN <= set(FIXES), "say in experiments/received/fixes.py what mends it"
