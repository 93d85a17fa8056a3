"""A refused body in lines: the failing field is marked, or the place where it is missing."""

import json

import pytest

from experiments.received.bodies import lines_of, pretty

BODY = json.dumps(
    {"value": {"amount": -1, "currency": "EUR"}, "items": [{"item_id": "a"}, {"item_id": ""}]}
)


@pytest.mark.parametrize(
    ("field", "marked"),
    [
        ("value.amount", ['    "amount": -1,']),
        ("items[1].item_id", ['      "item_id": ""']),
        ("value", ['  "value": {', '    "amount": -1,', '    "currency": "EUR"', "  },"]),
        ("event_id", ['  "event_id"']),
        ("value.tax", ['    "tax"']),
        ("", []),
    ],
)
def test_lines__of_a_body__mark_the_failing_field(field: str, marked: list[str]) -> None:
    lines = lines_of(BODY, field)

    assert [line.text for line in lines if line.is_failing] == marked


def test_lines__of_a_body_without_the_note__are_the_same_body() -> None:
    lines = lines_of(BODY, "event_id")

    assert json.loads("".join(line.text for line in lines if not line.note)) == json.loads(BODY)


@pytest.mark.parametrize("body", ["", "{", "[" * 2000, '{"a": 1} x', "null", "17"])
def test_lines__of_no_object__are_as_it_was_sent(body: str) -> None:
    assert "".join(line.text for line in lines_of(body, "") if not line.note).strip() == body
    assert pretty(body) == body


def test_lines__with_half_a_character__can_be_shown() -> None:
    assert all(line.text.encode() for line in lines_of('{"a\\ud83d": "\\ud83d"}', "a"))


def test_lines__of_a_huge_body__are_bounded() -> None:
    assert len(lines_of(json.dumps(list(range(5_000))), "")) == 400
