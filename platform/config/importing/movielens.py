"""MovieLens 100K: ratings as reviews, films as items, and what is known of the people."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from config.importing.files import Row, locate, read_rows
from config.importing.records import (
    BadRow,
    Figures,
    RejectedRow,
    SiteDefaults,
    file_identity,
    row_id,
)
from experiments.intake.importing import EventRecord
from recommenders.catalogue import ItemRecord

GENRES = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)
FIRST_GENRE = 5  # u.item: id, title, released, video released, address, then a flag per genre
STARS = frozenset("12345")


class MovieLens:
    """The folder with u.data, u.item and u.user, plain or gzipped; any file of it names it."""

    # It tells of no money; a site needs some currency.
    defaults: ClassVar[SiteDefaults] = SiteDefaults("MovieLens 100K", "EUR")

    def __init__(self, path: Path) -> None:
        folder = path.parent if path.is_file() else path
        self.ratings, self.films, self.people = (
            locate(folder, (name,)) for name in ("u.data", "u.item", "u.user")
        )
        self._by_user: Counter[str] = Counter()
        self._by_item: Counter[str] = Counter()
        self._by_star: Counter[int] = Counter()
        self._moments: list[int] = []
        self._genders: Counter[str] = Counter()
        self._titles: dict[str, str] = {}
        self._rows = 0

    def events(self, *, currency: str) -> Iterator[EventRecord | RejectedRow]:
        """Yield one review per rating; people whose row is bad are rejected, their ratings kept."""
        people: dict[str, dict[str, Any]] = {}
        for row in read_rows(self.people, delimiter="|", quoted=False):
            try:
                user_id, attributes = person_of(row)
                people[user_id] = attributes
                self._genders[attributes["gender"]] += 1
            except BadRow as bad:
                yield RejectedRow(row.file, row.line, bad.reason, row.raw)
        identity: UUID | None = None
        for number, row in enumerate(read_rows(self.ratings, delimiter="\t", quoted=False), 1):
            self._rows += 1
            identity = identity or file_identity("movielens-100k", row.raw)
            try:
                event = review_of(row, row_id(identity, number), people)
            except BadRow as bad:
                yield RejectedRow(row.file, row.line, bad.reason, row.raw)
            else:
                self._count(event)
                yield event

    def _count(self, event: EventRecord) -> None:
        self._by_user[event.visitor_id] += 1
        self._by_item[event.item_id] += 1
        self._by_star[event.properties["rating"]] += 1
        self._moments.append(int(event.occurred_at.timestamp()))

    def items(self) -> Iterator[ItemRecord | RejectedRow]:
        """Yield one item per film: genres as tags, the first of them as its category."""
        for row in read_rows(self.films, delimiter="|", quoted=False, encoding="latin-1"):
            try:
                film = film_of(row)
            except BadRow as bad:
                yield RejectedRow(row.file, row.line, bad.reason, row.raw)
            else:
                self._titles[film.item_id] = film.title
                yield film

    def figures(self) -> Figures:
        """Return the counts that are published for this data set."""
        ratings = sum(self._by_star.values())
        cells = len(self._by_user) * max(len(self._titles), len(self._by_item))
        total = sum(star * rows for star, rows in self._by_star.items())
        return {
            "rows": self._rows,
            "ratings": ratings,
            "users": len(self._by_user),
            "items": max(len(self._titles), len(self._by_item)),
            "fewest_ratings_of_a_user": min(self._by_user.values(), default=0),
            "most_ratings_of_a_user": max(self._by_user.values(), default=0),
            "mean_rating": f"{total / ratings:.5f}" if ratings else "",
            "ratings_by_star": " / ".join(str(self._by_star[star]) for star in range(1, 6)),
            "density": f"{100 * ratings / cells:.4f} %" if cells else "",
            "first_day": _day(min(self._moments, default=None)),
            "last_day": _day(max(self._moments, default=None)),
            "men": self._genders["M"],
            "women": self._genders["F"],
            "most_rated": self._most_rated(),
        }

    def _most_rated(self) -> str:
        return ", ".join(
            f"{self._titles.get(item, item)} {rows}" for item, rows in self._by_item.most_common(3)
        )


def _day(seconds: int | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _cells(row: Row, count: int) -> list[str]:
    if row.problem:
        raise BadRow(row.problem)
    if len(row.cells) < count:
        raise BadRow("columns")
    return [cell.strip() for cell in row.cells]


def person_of(row: Row) -> tuple[str, dict[str, Any]]:
    """Return a person's id and attributes; raises BadRow."""
    user_id, age, gender, occupation, *_rest = _cells(row, 4)
    if not user_id:
        raise BadRow("user_missing")
    if not age.isdecimal():
        raise BadRow("age_invalid")
    return user_id, {"age": int(age), "gender": gender, "occupation": occupation}


def review_of(row: Row, event_id: UUID, people: dict[str, dict[str, Any]]) -> EventRecord:
    """Return the review of one rating; raises BadRow."""
    user_id, item_id, stars, seconds, *_rest = _cells(row, 4)
    if not user_id or not item_id:
        raise BadRow("user_missing" if not user_id else "item_missing")
    if stars not in STARS:
        raise BadRow("rating_invalid")
    try:
        occurred_at = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        raise BadRow("timestamp_invalid") from None
    return EventRecord(
        event_id=event_id,
        type="review",
        occurred_at=occurred_at,
        visitor_id=user_id,
        item_id=item_id,
        attributes=people.get(user_id, {}),
        properties={"rating": int(stars)},
    )


def film_of(row: Row) -> ItemRecord:
    """Return a film as an item; raises BadRow. Genres other than "unknown" become tags."""
    cells = _cells(row, FIRST_GENRE + len(GENRES))
    item_id, title, _released, _video, url = cells[:FIRST_GENRE]
    if not item_id or not title:
        raise BadRow("item_missing" if not item_id else "title_missing")
    flags = cells[FIRST_GENRE:]
    genres = tuple(genre for genre, flag in zip(GENRES, flags, strict=False) if flag == "1")
    return ItemRecord(
        item_id=item_id,
        title=title[:500],
        category=genres[0] if genres else "",
        tags=tuple(genre for genre in genres if genre != "unknown"),
        url=url[:1000],
    )
