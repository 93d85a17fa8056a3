"""Patterns in normal form: read alike by every engine, and refused where they cannot be."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.assignment.pattern.search import PatternError, compile_pattern, search
from experiments.assignment.pattern.text import normal_pattern

NORMAL = [
    ("", ""),
    ("abc", "abc"),
    ("^a|b$", r"^a|b$(?!\n)"),
    ("(,|$)", r"(,|$(?!\n))"),
    ("(a)+?", "(a)+"),
    (".*", r"[^\n\r\u2028\u2029]*"),
    ("[^,]+", "[^,]+"),
    ("a{2}b{2,}c{2,5}d{0,1}e{1}", "a{2}b{2,}c{2,5}d?e{1}"),
    (r"\.\-\/\n\t\u00e9\u2028", r"\.-/\n\té\u2028"),
    (r"[\]\-^\[&|~a-cx-y]", r"[\]\-\^\[\&\|\~a-cxy]"),
    ("a]b}c", r"a\]b\}c"),
    ("(😀|😎)+", "(😀|😎)+"),
    ("((a|b))", "(a|b)"),
    ("[😀]", "😀"),
    ("(|a)", "(|a)"),
]


@pytest.mark.parametrize(("written", "normal"), NORMAL)
def test_pattern__of_each_kind__is_written_for_every_engine(written: str, normal: str) -> None:
    assert normal_pattern(written) == normal
    assert normal_pattern(normal) == normal


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("aB1", "[Aa][Bb]1"),
        ("[^a-c]*", "[^A-Ca-c]*"),
        ("é", "[Éé]"),
        ("ς", "[Σςσ]"),
        ("ß", "ß"),  # its capital is two letters
        ("ſı", "ſı"),  # their capitals are ASCII: JavaScript leaves them alone
        ("^k$", r"^[Kk]$(?!\n)"),
        ("(ab)*|c{2}", "([Aa][Bb])*|[Cc]{2}"),
    ],
)
def test_pattern__without_case__names_both_cases(written: str, normal: str) -> None:
    assert normal_pattern(written, ignore_case=True) == normal


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("a.c", "count emoji differently"),
        ("^.$", "count emoji differently"),
        (".+.+", "count emoji differently"),
        ("(.+){2}", "count emoji differently"),
        ("[^a]", "count emoji differently"),
        ("(.+|b).*.+", "count emoji differently"),
        ("[😀]+", "put a repeated emoji into a group"),
        ("😀+", "put a repeated emoji into a group"),
        ("[😀😎]", "emoji cannot stand in"),
        ("[^😀]*", "emoji cannot stand in"),
        ("[a-\U0001f600]*", "half characters"),
        ("\ud83d", "half characters"),
        (r"[^\ud83d]*", "half characters"),
        (r"\u12", "needs four digits"),
        ("$(?!a)", "plain groups"),
        ("a" * 201, "longer than 200"),
        ("[" + "ab" * 5_000 + "]", "longer than 8000"),
    ],
)
def test_pattern__that_engines_read_differently__is_refused_with_the_reason(
    pattern: str, reason: str
) -> None:
    with pytest.raises(PatternError, match=reason):
        normal_pattern(pattern)


def test_pattern__without_case_over_a_long_range__is_refused() -> None:
    with pytest.raises(PatternError, match="more than 512 characters"):
        normal_pattern("[a-\u3000]", ignore_case=True)


def test_pattern__whose_normal_form_is_longer_than_written__stays_accepted() -> None:
    normal = normal_pattern("a.*" * 60)

    assert len(normal) > 1_000
    assert normal_pattern(normal) == normal


symbols = st.sampled_from(
    ["a", "k", "i", "é", ",", r"\.", r"\n", "/", ".", "[^a]", "[^,b]", "[a-k]", "😀", "[ab]", "σ"]
)
repeats = st.sampled_from(["", "", "*", "*", "+", "?", "{2}", "{1,}", "+?"])
atoms = st.tuples(symbols, repeats).map("".join)
bodies = st.recursive(
    atoms,
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map("".join),
        st.tuples(parts, parts, repeats).map(lambda it: f"({it[0]}|{it[1]}){it[2]}"),
    ),
    max_leaves=5,
)
patterns = st.tuples(st.sampled_from(["", "^"]), bodies, st.sampled_from(["", "$"])).map("".join)
pieces = st.sampled_from(
    ["a", "b", "k", "K", "K", "ı", "İ", "i", "I", "é", "É", "😀", "\n", "\r", "\u2028", ",", "/"]
)
subjects = st.lists(st.one_of(pieces, st.just("a😀")), max_size=5).map("".join)


@settings(max_examples=400)
@given(patterns, subjects, st.booleans())
def test_normal_form__of_any_pattern__finds_what_was_meant_in_both_engines(
    pattern: str, subject: str, ignore_case: bool
) -> None:
    try:
        normal = normal_pattern(pattern, ignore_case=ignore_case)
    except PatternError:
        return

    assert normal_pattern(normal) == normal
    assert search(normal, subject) is search(pattern, subject, ignore_case=ignore_case)
    assert search(normal, subject) is (re.search(normal, subject) is not None)


@settings(max_examples=400)
@given(patterns, subjects)
def test_normal_form__of_any_pattern__counts_emoji_as_one_or_two(
    pattern: str, subject: str
) -> None:
    """JavaScript sees two halves where we see one character; the answer must be the same."""
    try:
        normal = normal_pattern(pattern)
    except PatternError:
        return
    halves = (s.encode("utf-16-le", "surrogatepass") for s in (normal, subject))
    in_halves = ["".join(map(chr, memoryview(it).cast("H"))) for it in halves]

    assert search(normal, subject) is compile_pattern(in_halves[0]).search(in_halves[1])
