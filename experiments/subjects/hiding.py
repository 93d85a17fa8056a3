"""Rows of sites that store ids as keyed hashes: nothing that names anybody is written."""

import json
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from experiments.intake.slates import ServedSlate
from experiments.subjects.bodies import ids_in, replaced
from experiments.subjects.hashing import hashed_id

T = TypeVar("T")


def with_hashes(value: T, *, site_id: int, ids: Iterable[str] = ()) -> T:
    """Return JSON in which ids are keyed hashes: these ones, and all under keys of ids."""
    known = {each for each in (*ids, *ids_in(value)) if each}
    hashed: T = replaced(value, {each: hashed_id(site_id, each) for each in known})
    return hashed


def hidden_body(body: str, *, site_id: int) -> str:
    """Return the text of a refused event with hashed ids, "" of one that cannot be read.

    Where no JSON is, no id can be told from the rest, so nothing of it is kept.
    """
    try:
        return json.dumps(with_hashes(json.loads(body), site_id=site_id), ensure_ascii=False)
    except (ValueError, RecursionError):
        return ""


def stored_body(body: str, *, site_id: int, hash_ids: bool) -> str:
    """Return the text of a refused event or batch as the site may keep it."""
    return hidden_body(body, site_id=site_id) if hash_ids else body


def hidden_slate(slate: ServedSlate) -> ServedSlate:
    """Return a served list with hashed ids; who it was served to was decided by the raw ones."""
    site_id = slate.site_id
    ids = (slate.visitor_id, slate.account_id, slate.session_id, slate.unit_id)
    visitor_id, account_id, session_id, unit_id = (hashed_id(site_id, each) for each in ids)
    return msgspec.structs.replace(
        slate,
        visitor_id=visitor_id,
        account_id=account_id,
        session_id=session_id,
        unit_id=unit_id,
        attributes=with_hashes(slate.attributes, site_id=site_id, ids=ids),
    )
