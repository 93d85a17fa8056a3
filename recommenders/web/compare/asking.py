"""What the page of comparisons is asked, in its address: so every view of it is a link."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from experiments.assignment.specs import UnitIds
from experiments.clock import microseconds
from experiments.models import Placement, Site
from experiments.subjects.hashing import stored_id
from recommenders.comparing.columns import MOST_COLUMNS, first_columns
from recommenders.comparing.sample import Question
from recommenders.comparing.shoppers import LIGHT, PERSONAS, Recent
from recommenders.serving import Wish

UNIT, HISTORY = "unit", "history"
SHOPPERS = {**PERSONAS, UNIT: "A visitor's id …", HISTORY: "A history of item ids …"}
MOST_K, USUAL_K = 50, 10
MOST_TEXT = 256
MOST_VIEWED = 50


@dataclass(frozen=True)
class Asked:
    """The question: who, whose lists, where, how many; `errors`: what could not be taken.

    `who`: one of SHOPPERS; `value`: the visitor's id, or item ids, newest first. `tokens`: columns,
    the first of which the others stand beside.
    """

    site: Site
    who: str = LIGHT
    value: str = ""
    tokens: tuple[str, ...] = ()
    placement: Placement | None = None
    k: int = USUAL_K
    draw: int = 0
    errors: tuple[str, ...] = field(default=())

    @property
    def viewed(self) -> tuple[str, ...]:
        """Return the item ids of a history, newest first."""
        if self.who != HISTORY:
            return ()
        words = self.value.replace(",", " ").split()
        return tuple(word[:MOST_TEXT] for word in words[:MOST_VIEWED])

    @property
    def question(self) -> Question:
        """Return what is asked of a sample of units."""
        return Question(self.tokens, self.k, self.placement.key if self.placement else "")

    def address(self, unit: str | None) -> str:
        """Return the question as an address's query; with a unit it asks for that one alone."""
        who, value = (UNIT, unit) if unit is not None else (self.who, self.value)
        pairs = [("who", who), ("value", value), ("k", str(self.k))]
        pairs += [("placement", self.placement.key)] if self.placement else []
        return urlencode(pairs + [("column", token) for token in self.tokens])


@dataclass(frozen=True, slots=True)
class Shopper:
    """Whom the lists are for: a unit as rows hold it, or nobody with a history."""

    unit: str | None
    viewed: tuple[str, ...]
    said: str

    def wish(self, asked: Asked) -> Wish:
        """Return the wish that every column gets: one shopper, page and moment."""
        return Wish(
            asked.site.pk,
            UnitIds(visitor_id=self.unit or ""),
            asked.k,
            placement=asked.placement.key if asked.placement else "",
            now_us=microseconds(timezone.now()),
            viewed=self.viewed,
        )


def read_question(given: QueryDict, site: Site) -> Asked:
    """Return the question of an address; what is wrong with it is said, the usual stands for it."""
    errors: list[str] = []
    who = given.get("who", LIGHT)
    if who not in SHOPPERS:
        errors.append(
            f"There is no kind of shopper {who[:40]!r}; the kinds: {', '.join(SHOPPERS)}."
        )
        who = LIGHT
    value = given.get("value", "").replace("\0", "\ufffd").strip()
    if who in (UNIT, HISTORY) and not value:
        errors.append("Write the visitor's id, or the ids of items.")
    if who == UNIT and len(value) > MOST_TEXT:
        errors.append(f"An id has at most {MOST_TEXT} characters; {len(value)} were given.")
        value = value[:MOST_TEXT]
    return Asked(
        site=site,
        who=who,
        value=value,
        tokens=_tokens(given, site, errors),
        placement=_placement(given, site, errors),
        k=_number(given, "k", USUAL_K, 1, MOST_K, errors),
        draw=_number(given, "draw", 0, 0, 10**6, errors),
        errors=tuple(errors),
    )


def shopper_of(asked: Asked, recent: Recent) -> Shopper | None:
    """Return whom the lists are for; None when the site has nobody of that kind yet."""
    if asked.who == HISTORY:
        n = len(asked.viewed)
        return Shopper(None, asked.viewed, f"somebody who looked at {n} item{'s' * (n != 1)}")
    if asked.who == UNIT:
        unit = stored_id(asked.value, site_id=asked.site.pk, hash_ids=asked.site.hash_ids)
        n = len(recent.acts.get(unit, ()))
        return Shopper(unit, (), f"visitor {asked.value}, {n} recent act{'s' * (n != 1)}")
    found = recent.persona(asked.who, asked.draw)
    if found is None:
        return None
    n = len(recent.acts[found])
    return Shopper(found, (), f"visitor {found}, {n} recent act{'s' * (n != 1)}")


def _tokens(given: QueryDict, site: Site, errors: list[str]) -> tuple[str, ...]:
    wanted = [token[:300].replace("\0", "\ufffd") for token in given.getlist("column") if token]
    base = given.get("base", "")[:300].replace("\0", "\ufffd")
    tokens = list(dict.fromkeys(([base] if base else []) + wanted)) or first_columns(site)
    if len(tokens) > MOST_COLUMNS:
        errors.append(f"At most {MOST_COLUMNS} lists stand side by side; the first are shown.")
    return tuple(tokens[:MOST_COLUMNS])


def _placement(given: QueryDict, site: Site, errors: list[str]) -> Placement | None:
    key = given.get("placement", "")[:80].replace("\0", "\ufffd")
    found = Placement.objects.filter(site=site, key=key).first() if key else None
    if key and found is None:
        errors.append(f"This site has no placement {key!r}.")
    return found


def _number(given: QueryDict, name: str, usual: int, low: int, high: int, errors: list[str]) -> int:
    text = given.get(name, "").strip() or str(usual)
    if text.isascii() and text.isdecimal() and len(text) < 10 and low <= int(text) <= high:
        return int(text)
    errors.append(f"{name} is a whole number from {low} to {high}; {text[:40]!r} was given.")
    return usual
