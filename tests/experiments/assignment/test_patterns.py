"""Patterns: what they match is what the standard engine says, in a time that is bounded."""

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from experiments.assignment.pattern.search import (
    MAX_PATTERN,
    MAX_SUBJECT,
    PatternError,
    compile_pattern,
    search,
)

symbols = st.sampled_from(["a", "b", "é", "-", r"\.", r"\$", ".", "[ab]", "[^a]", "[a-c-]"])
repeats = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,}", "{0,3}", "+?", "{0}"])


def grown(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    groups = st.tuples(parts.map(lambda part: f"({part})"), repeats).map("".join)
    return st.one_of(
        groups,
        st.lists(parts, min_size=1, max_size=3).map("".join),
        st.lists(parts, min_size=1, max_size=3).map("|".join).map(lambda part: f"({part})"),
    )


atoms = st.tuples(symbols, repeats).map("".join)
bodies = st.recursive(atoms, grown, max_leaves=6)
patterns = st.tuples(st.sampled_from(["", "^"]), bodies, st.sampled_from(["", "$"])).map("".join)
subjects = st.text("abcé-.$\n😀", max_size=8)


def standard(pattern: str) -> "re.Pattern[str]":
    """Return Python's own pattern with JavaScript's meaning of `$` and `.`."""
    if pattern.endswith("$") and not pattern.endswith(r"\$"):
        pattern = pattern[:-1] + r"\Z"
    return re.compile(re.sub(r"(?<!\\)\.", "[^\n\r\u2028\u2029]", pattern))


@settings(max_examples=400)
@given(patterns.filter(lambda pattern: len(pattern) <= 40), subjects)
@example("^(a|ab)(c|bcd)$", "abcd")
def test_pattern__any_of_the_syntax__matches_what_the_standard_engine_matches(
    pattern: str, subject: str
) -> None:
    assert search(pattern, subject) is (standard(pattern).search(subject) is not None)


@pytest.mark.parametrize(
    ("pattern", "subject", "expected"),
    [
        ("", "anything", True),
        ("b", "abc", True),
        ("^b", "abc", False),
        ("^abc$", "abc", True),
        ("abc$", "abc\n", False),
        ("a.c", "a\nc", False),
        ("^$", "", True),
        ("^$", "a", False),
        ("(^|,)x(,|$)", "a,x", True),
        ("(^|,)x(,|$)", "ax", False),
        ("^(DE|AT|CH)$", "AT", True),
        ("^[A-Z]{2}-[0-9]{3,}$", "DE-1234", True),
        ("^[A-Z]{2}-[0-9]{3,}$", "DE-12", False),
        (r"\(x\)\\", r"(x)\ ", True),
        (r"^[\]\-^]+$", "]-^", True),
        ("^[^a-c]+$", "xyz", True),
        ("a]b}c", "a]b}c", True),
        ("^a{0}b", "b", True),
        ("^.$", "😀", True),
    ],
)
def test_pattern__of_each_kind__matches_as_written(
    pattern: str, subject: str, expected: bool
) -> None:
    assert search(pattern, subject) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|aa)+$",
        "(a|a)*b$",
        "a?" * 60 + "a" * 60,
        "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x",
        "(((a*)*)*)*b",
        "(a?){299}b",
        "([ab]{1,10}){1,10}c",
    ],
)
def test_pattern__that_hangs_a_backtracking_engine__ends_at_once(pattern: str) -> None:
    automaton = compile_pattern(pattern)
    started = time.process_time()

    automaton.search("a" * (MAX_SUBJECT - 1) + "!")

    # 20 times what a slow machine needs; a backtracking engine needs longer than the universe.
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "not closed"),
        (")", "closes nothing"),
        ("a)b", "closes nothing"),
        ("[", "in the middle"),
        ("[]", "empty"),
        ("[^]", "empty"),
        ("[z-a]", "backwards"),
        ("*a", "nothing before it"),
        ("a**", "two repetitions"),
        ("a*+", "two repetitions"),
        ("a{2}{3}", "two repetitions"),
        ("a{", "write { as"),
        ("a{,3}", "write { as"),
        ("a{3,2}", "a count is written"),
        ("a{2", "a count is written"),
        ("a{999}", "at most 300"),
        ("a{99999999999999999999}", "at most 300"),
        ("a\\", "in the middle"),
        (r"\d+", r"\\d is not supported"),
        (r"\bx", r"\\b is not supported"),
        ("(?i)a", "plain groups"),
        ("(?:a)", "plain groups"),
        ("^*a", "cannot be repeated"),
        ("a^", "only begin"),
        ("^^a", "only begin"),
        ("(^a)+", "only begin"),
        ("$a", "only end"),
        ("$$", "only end"),
        ("(" * 30 + ")" * 30, "groups within groups"),
        ("(a{100}){4}", "300 symbols"),
        ("((((){300}){300}){300}){300}b{300}c", "300 symbols"),
        ("a" * (MAX_PATTERN + 1), "longer than 200"),
    ],
)
def test_pattern__outside_the_syntax__is_refused_with_the_reason(pattern: str, reason: str) -> None:
    with pytest.raises(PatternError, match=reason):
        compile_pattern(pattern)


@given(st.text("ab()[]{}^$*+?|\\.,-0123", max_size=25))
def test_pattern__any_text__matches_or_is_refused(text: str) -> None:
    try:
        automaton = compile_pattern(text)
    except PatternError:
        return

    assert automaton.search("ab") in {True, False}


def test_subject__too_long__matches_nothing() -> None:
    assert search("a", "a" * MAX_SUBJECT)
    assert not search("a", "a" * (MAX_SUBJECT + 1))
