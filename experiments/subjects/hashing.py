"""Ids as keyed hashes: who has the rows, but not the key, cannot tell whose they are."""

import hmac
import re
from functools import cache

from django.conf import settings

from experiments.assignment.specs import UnitIds

STORED = re.compile(r"~[0-9a-f]{32}")  # 128 bits: no two ids of a site will ever share one


@cache
def _key(given: str) -> bytes:
    # Not SECRET_KEY: that one is rotated, and every hash would change with it.
    return hmac.digest(given.encode(), b"armature.subjects", "sha256")


def _hmac(purpose: str, *parts: object) -> str:
    """Return the HMAC-SHA256 of these parts as 64 hex digits; the parts hold no line break."""
    text = "\n".join((purpose, *map(str, parts)))
    key = _key(settings.ID_KEY)
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256").hex()


def is_hashed(unit_id: str) -> bool:
    """Return whether an id has the form of a keyed hash.

    >>> is_hashed("~" + 32 * "0"), is_hashed("v-81")
    (True, False)
    """
    return STORED.fullmatch(unit_id) is not None


def hashed_id(site_id: int, unit_id: str) -> str:
    """Return an id as a site with hashed ids stores it: "~" and 32 hex digits; "" stays "".

    What has that form already is left as it is, so that rows can be read back and written again.
    Another site hashes the same id to another text: rows of two sites cannot be joined.
    """
    if not unit_id or is_hashed(unit_id):
        return unit_id
    return f"~{_hmac('id', site_id, unit_id)[:32]}"


def hashed_units(site_id: int, units: UnitIds) -> UnitIds:
    """Return the ids of a unit, each as its keyed hash."""
    return UnitIds(
        hashed_id(site_id, units.visitor_id),
        hashed_id(site_id, units.account_id),
        hashed_id(site_id, units.session_id),
    )


def stored_id(unit_id: str, *, site_id: int, hash_ids: bool) -> str:
    """Return an id as the site's rows hold it, whether it was given raw or as its hash."""
    return hashed_id(site_id, unit_id) if hash_ids else unit_id


def digest_of(site_id: int, unit_type: str, unit_id: str) -> str:
    """Return what is kept of an erased unit: 64 hex digits, the same of the id and of its hash."""
    return _hmac("erased", site_id, unit_type, hashed_id(site_id, unit_id))
