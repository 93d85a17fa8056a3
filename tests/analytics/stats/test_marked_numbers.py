"""Every worked number of the statistics reference is asserted: the marks are counted.

The reference marks its worked numbers with ▸, and the test that asserts one says so in a comment
that names the section. The table is the reference's own count; where the reference lies beside
the project, the table is held against it.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REFERENCE = HERE.parents[3] / "shared" / "design" / "statistics.md"
MARKED = {
    2: 4, 3: 3, 4: 2, 5: 2, 6: 1, 7: 5, 8: 7, 9: 3, 10: 2, 11: 1, 12: 3, 13: 9, 14: 1, 15: 2,
    16: 3, 17: 2,
}  # fmt: skip
COMMENT = re.compile(r"# ▸ §(\d+)\b")


def asserted() -> Counter[int]:
    texts = (path.read_text() for path in HERE.rglob("test_*.py") if path != Path(__file__))
    return Counter(int(number) for text in texts for number in COMMENT.findall(text))


def marked_in(text: str) -> Counter[int]:
    """Return the marks of each numbered section; the introduction explains them, marking none."""
    sections = re.split(r"^## (\d+)\.", text, flags=re.M)
    counts = {
        int(n): body.count("▸") for n, body in zip(sections[1::2], sections[2::2], strict=True)
    }
    return Counter({number: count for number, count in counts.items() if count})


def test_marked_numbers__of_every_section__are_all_asserted() -> None:
    assert asserted() == Counter(MARKED)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the statistics reference is not here")
def test_marked_numbers__of_the_reference__are_those_of_the_table() -> None:
    assert marked_in(REFERENCE.read_text()) == Counter(MARKED)
