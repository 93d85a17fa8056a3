"""The comparison itself finds what differs, and what is missing."""

import json
from collections import Counter
from pathlib import Path

from tests.standards.agreement import Answers, Report, compare


def told(folder: Path, name: str, rows: list[list[str]], parts: int = 1) -> Answers:
    """Return a client's answers about the flags a and b, in files that took units in turn."""
    files = []
    for part in range(parts):
        file = folder / f"{name}-{part}"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows[part::parts]))
        files.append(file)
    return Answers(name, ["a", "b"], files, 1.0, Counter({"SPLIT": 3, "NOT_ELIGIBLE": 1}))


ROWS = [["a:v0", ""], ["", "b:v1"], ["a:v1", "b:v0"]]


def test_answers__that_are_equal__do_not_differ_in_any_number_of_parts(tmp_path: Path) -> None:
    report = Report()

    compare(report, [told(tmp_path, "one", ROWS), told(tmp_path, "two", ROWS, parts=2)])

    assert (report.n_differences, report.compared) == (0, Counter({"two": 6}))
    assert report.shares == {"in": 0.75, "not eligible": 0.25, "out": 0.0}


def test_answer__of_another_variant__is_counted_and_named(tmp_path: Path) -> None:
    report = Report()
    other = [*ROWS[:2], ["a:v1", "b:v1"]]

    compare(report, [told(tmp_path, "one", ROWS), told(tmp_path, "two", other)])

    assert report.n_differences == 1
    assert report.differences == ["unit 2, b: one 'b:v0', two 'b:v1'"]


def test_answer__that_is_missing__differs_in_every_flag(tmp_path: Path) -> None:
    report = Report()

    compare(report, [told(tmp_path, "one", ROWS), told(tmp_path, "two", ROWS[:2])])

    assert report.n_differences == 2
