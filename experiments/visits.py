"""From a question as it was sent to what a decision looks at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from experiments.assignment.specs import UnitIds, Visit
from experiments.errors import InvalidInput, TestingRefused
from experiments.intake.shapes import Question, text_id
from experiments.links import forced_by
from experiments.tokens import kept_claim

ID_NAMES = ("visitor_id", "account_id", "session_id")


class IgnoredToken(Struct, frozen=True):
    """A token that changed nothing, and why; a stale link must not break the page it opens."""

    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the decision looks at, and the tokens that it does not look at."""

    visit: Visit
    ignored: list[IgnoredToken]


def visit_of(
    question: Question,
    *,
    site_id: int,
    may_test: bool,
    context: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Asked:
    """Return the visit that a question describes.

    `context`: attributes that the question's own ones go before. `may_test`: whether the caller
    may meet what has not started; raises TestingRefused when it asks to and may not.
    """
    if question.qa and not may_test:
        raise TestingRefused(
            "only a secret key may ask as a tester",
            field="qa",
            hint="Ask from your server, or open a link that forces the variant.",
        )
    ignored: list[IgnoredToken] = []
    units = units_of(question)
    consent = question.consent
    visit = Visit(
        units=units,
        attributes=attributes_of(units, {**(context or {}), **question.attributes}),
        has_consent=consent.personalization and consent.analytics,
        is_qa=question.qa,
        forced=_forced(question.force, site_id, now, ignored) if question.force else {},
        kept=_kept(question.kept, site_id, ignored) if question.kept else {},
    )
    return Asked(visit, ignored)


def units_of(question: Question) -> UnitIds:
    """Return the ids of whoever asks."""
    return UnitIds(
        visitor_id=text_id(question.unit.visitor_id),
        account_id=text_id(question.unit.account_id),
        session_id=text_id(question.session_id),
    )


def attributes_of(units: UnitIds, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what conditions look at: as in the open SDKs, the ids are attributes too."""
    attributes = dict(given)
    for name in ID_NAMES:
        if unit_id := getattr(units, name):
            attributes[name] = unit_id
        else:
            attributes.pop(name, None)
    return attributes


def _forced(
    tokens: str | list[str], site_id: int, now: datetime | None, ignored: list[IgnoredToken]
) -> dict[str, str]:
    """Return the variant that links force, by experiment; the first link of each wins."""
    forced: dict[str, str] = {}
    listed = [tokens] if isinstance(tokens, str) else tokens
    for index, token in enumerate(listed):
        field = "force" if isinstance(tokens, str) else f"force[{index}]"
        try:
            claim = forced_by(token, site_id=site_id, now=now or datetime.now(UTC))
        except InvalidInput as ended:
            ignored.append(IgnoredToken(field, str(ended)))
            continue
        if claim is None:
            ignored.append(IgnoredToken(field, "this is no link of this site"))
        else:
            forced.setdefault(*claim)
    return forced


def _kept(
    tokens: list[str], site_id: int, ignored: list[IgnoredToken]
) -> dict[str, tuple[int, str]]:
    """Return the phase and unit id that tokens keep, by experiment; the newest phase wins."""
    kept: dict[str, tuple[int, str]] = {}
    for index, token in enumerate(tokens):
        if (claim := kept_claim(token, site_id=site_id)) is None:
            ignored.append(IgnoredToken(f"kept[{index}]", "this is no token of this site"))
            continue
        experiment, phase, unit_id = claim
        if phase > kept.get(experiment, (0, ""))[0]:
            kept[experiment] = (phase, unit_id)
    return kept
