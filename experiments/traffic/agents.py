"""Bots that say so: user agents as the kept list of crawlers knows them."""

import re
from functools import cache, lru_cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

LONGEST = 512  # characters that are looked at
AT_ONCE = 25  # patterns in one expression: all in one take thirty times as long
# Apps and servers of shops use these libraries as well as bots do, and a developer's curl.
LIBRARY = "http-library"


@lru_cache(maxsize=8192)
def is_declared_bot(user_agent: str) -> bool:
    """Return whether a user agent is that of a crawler, a monitor or an automated browser.

    Plain HTTP libraries are not: what they declare is a program, which may be the shop's own app.

    >>> is_declared_bot("Mozilla/5.0 (compatible; Googlebot/2.1)"), is_declared_bot("okhttp/4.9.3")
    (True, False)
    """
    return any(pattern.search(user_agent[:LONGEST]) for pattern in _patterns())


@cache
def _patterns() -> list[re.Pattern[str]]:
    known = [each["pattern"] for each in CRAWLER_USER_AGENTS_DATA if each["tags"] != [LIBRARY]]
    starts = range(0, len(known), AT_ONCE)
    return [re.compile("|".join(known[start : start + AT_ONCE])) for start in starts]
