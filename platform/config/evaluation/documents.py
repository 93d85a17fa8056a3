"""The page of offline results: a part for each data set, each written by its own run."""

import re
from collections.abc import Sequence
from pathlib import Path

from config.evaluation.cells import NOTHING
from config.evaluation.printing import markdown, markdown_table
from recommenders.evaluation.reference import TOLERANCE_NDCG, TOLERANCE_P, Reached
from recommenders.evaluation.results import Results

HEAD = """# How the recommenders do offline

Written by `./armature manage evaluate`, a part at a time; the command stands with each. What each
figure means, with a worked example, is in [metrics.md](metrics.md).

Intervals are 95 % bootstrap intervals over units. *NDCG against popularity* is the mean difference
over the same units with its interval by Student's t, and its p-value by Holm among the rows of the
table. A unit without a list counts as all misses. Times are of one run on a shared machine: they
compare, and promise nothing.
"""


def write_part(page: Path, name: str, title: str, text: str) -> None:
    """Put a part into the page in place of its earlier one, at the end when it is new.

    Raises OSError when the page cannot be written.
    """
    before = page.read_text() if page.exists() else HEAD
    part = f"<!-- {name} -->\n## {title}\n\n{text.strip()}\n<!-- end of {name} -->\n"
    pattern = re.compile(rf"<!-- {name} -->.*?<!-- end of {name} -->\n", re.DOTALL)
    whole = pattern.sub(lambda _match: part, before) if pattern.search(before) else None
    page.write_text(whole if whole is not None else f"{before.rstrip()}\n\n{part}")


def made_by(words: Sequence[str]) -> str:
    """Return the sentence that names the command."""
    return f"Made by `./armature manage evaluate {' '.join(words)}`.\n"


def part_of(results: Results, words: Sequence[str]) -> str:
    """Return a data set's part: the command and all tables."""
    return f"{made_by(words)}\n{markdown(results)}"


def reference_part(reached: Sequence[Reached], results: Results, words: Sequence[str]) -> str:
    """Return the reference run's part: our figures beside the published ones, then all tables."""
    return "\n".join(
        [
            made_by(words),
            "Protocol: 100,000 ratings, all positive; each user's rows, in file order, shuffled by "
            "one generator, the first 75 % learned from; seen items removed, the whole catalogue "
            "ranked. All units are hot, and nothing tells times apart: recommenders that go by "
            "recency have nothing to go by.\n",
            reference_sentence(reached) + "\n",
            markdown_table(REFERENCE_HEADS, [reference_cells(each) for each in reached]),
            markdown(results),
        ]
    )


REFERENCE_HEADS = [
    "Recommender",
    "P@10 published",
    "P@10 ours",
    "NDCG published",
    "NDCG ours",
    "Within",
]


def reference_cells(reached: Reached) -> list[str]:
    """Return a row of the reference table."""
    published = reached.published
    if published.precision is None:
        within = "not published"
    else:
        within = "yes" if reached.is_within else "NO"
    figures = (published.precision, reached.precision, published.ndcg, reached.ndcg)
    texts = [NOTHING if value is None else f"{value:.4f}" for value in figures]
    return [published.contender.name, *texts, within]


def reference_sentence(reached: Sequence[Reached]) -> str:
    """Return how many of the published figures were reached."""
    due = [each for each in reached if each.published.precision is not None]
    near = sum(each.is_within for each in due)
    return (
        f"{near} of {len(due)} recommenders lie within ±{TOLERANCE_P:g} of the published P@10 and"
        f" ±{TOLERANCE_NDCG:g} of NDCG@10."
    )
