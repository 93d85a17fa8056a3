"""What a list of received events is narrowed to, read from an address and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from experiments.clock import zone
from experiments.errors import InvalidInput
from experiments.intake.refusals import NUL, SURROGATE
from experiments.models import Site
from experiments.received.rows import Kind
from experiments.subjects.hashing import stored_id

UNIT_TYPES = ("visitor", "account", "session")
LONGEST = 256
# In the order in which forms show them.
NAMES = (
    "kind", "api_key", "unit", "unit_type", "request_id", "event_id", "type", "code",
    "since", "until", "day",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What rows have to match; what is empty or None lets all through.

    `since`, `until`: when it was received, the latter excluded. `day`: the site's day on which it
    occurred, ISO. `event_id` stays text, as a refused one may be anything.
    """

    kinds: frozenset[Kind] = field(default_factory=lambda: frozenset(Kind))
    api_key: int | None = None
    unit: str = ""
    unit_type: str = "visitor"
    request_id: UUID | None = None
    event_id: str = ""
    type: str = ""
    code: str = ""
    since: datetime | None = None
    until: datetime | None = None
    day: str = ""

    def shows(self, kind: Kind) -> bool:
        """Return whether rows of a kind can match; what a kind lacks it cannot match."""
        asks_of_events = bool(self.type or self.day or self.request_id)
        if kind == Kind.QUARANTINED:
            return kind in self.kinds and not asks_of_events
        if kind == Kind.DUPLICATE and (self.day or (self.unit and self.unit_type == "session")):
            return False
        return kind in self.kinds and not self.code


def filters_of(given: Mapping[str, str], site: Site) -> Filters:
    """Return the filters that an address gives; raises InvalidInput naming the malformed one.

    Moments without an offset are in the site's zone. Unknown names are not looked at.
    """
    texts = {name: _text(name, given.get(name, "")) for name in NAMES}
    return Filters(
        kinds=_kinds(texts["kind"]),
        api_key=_number("api_key", texts["api_key"]),
        unit=stored_id(texts["unit"], site_id=site.pk, hash_ids=site.hash_ids),
        unit_type=_unit_type(texts["unit_type"]),
        request_id=_uuid("request_id", texts["request_id"]),
        event_id=texts["event_id"].lower(),
        type=texts["type"],
        code=texts["code"],
        since=_moment("since", texts["since"], site),
        until=_moment("until", texts["until"], site),
        day=_day(texts["day"]),
    )


def _text(name: str, given: str) -> str:
    if len(given) > LONGEST:
        raise InvalidInput(f"more than {LONGEST} characters", field=name)
    if NUL in given or SURROGATE.search(given):
        raise InvalidInput("this text holds a character that no event can hold", field=name)
    return given.strip()


def _kinds(text: str) -> frozenset[Kind]:
    """Return the kinds of a list separated by commas; applied events go with those that wait."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in set(Kind)]:
        raise InvalidInput(
            f"unknown kind {unknown[0]!r}", field="kind", hint=f"Known: {', '.join(Kind)}."
        )
    found = {Kind(name) for name in names} or set(Kind)
    return frozenset(found | {Kind.WAITING} if Kind.ACCEPTED in found else found)


def _unit_type(text: str) -> str:
    if text and text not in UNIT_TYPES:
        raise InvalidInput(
            f"unknown unit type {text!r}",
            field="unit_type",
            hint=f"Known: {', '.join(UNIT_TYPES)}.",
        )
    return text or "visitor"


def _number(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise InvalidInput(f"{text[:40]!r} is no number of a key", field=name)
    return int(text)


def _uuid(name: str, text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise InvalidInput(
            f"{text[:40]!r} is no UUID", field=name, hint="Write all 36 characters of it."
        ) from None


def _moment(name: str, text: str, site: Site) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        there = moment if moment.tzinfo else moment.replace(tzinfo=zone(site.timezone))
        _ = there - timedelta(days=400), there + timedelta(days=400)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{text[:40]!r} is no moment", field=name, hint="Write 2026-12-01T09:00."
        ) from None
    return there.astimezone(UTC)  # PostgreSQL takes no offset of sixteen hours or more


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise InvalidInput(
            f"{text[:40]!r} is no day", field="day", hint="Write 2026-12-01."
        ) from None
