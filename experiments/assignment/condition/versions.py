"""Versions as the published targeting conditions order them."""

import re
from typing import Any

from experiments.assignment.javascript import is_number, text_of, utf16

# What does not count: a leading v, and the build. JavaScript's `.` stops at any end of a line.
IGNORED = re.compile("^v|\\+[^\n\r\u2028\u2029]*\\Z")
NUMERIC = re.compile(r"[0-9]+\Z")
PADDED = 5  # digits; a number of more of them is compared as text


def version_key(version: Any) -> bytes:
    """Return a key that orders versions; what is neither a text nor a number is version 0.

    A release stands above its pre-releases. 1.0 and 1.0.0 differ, and 1.0.0.1 stands below 1.0.0.

    >>> version_key("v1.2.10+b7") > version_key("1.2.9") > version_key("1.2.9-rc.1")
    True
    """
    text = text_of(version) if is_number(version) else version
    if not isinstance(text, str) or not text:
        text = "0"
    parts = re.split("[-.]", IGNORED.sub("", text))
    if len(parts) == 3:
        parts.append("~")  # above every letter of a pre-release
    return utf16("-".join(p.rjust(PADDED) if NUMERIC.match(p) else p for p in parts))
