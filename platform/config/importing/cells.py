"""Cells that no spreadsheet takes for formulas, and back again."""

from experiments.spreadsheets import FORMULA


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula (CWE-1236), reversibly.

    A text that looks guarded already is guarded once more, so that `unguarded` gives it back.

    >>> guarded("=1+1"), guarded("'=1+1"), guarded("it's")
    ("'=1+1", "''=1+1", "it's")
    """
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def unguarded(text: str) -> str:
    """Return the text that was guarded.

    >>> unguarded("'=1+1"), unguarded("''=1+1"), unguarded("'quoted'")
    ('=1+1', "'=1+1", "'quoted'")
    """
    is_guarded = text.startswith("'") and text.lstrip("'").startswith(FORMULA)
    return text[1:] if is_guarded else text
