"""MovieLens 100K: ratings, films, people."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.importing.movielens import MovieLens
from config.importing.records import RejectedRow, SourceError, file_identity, row_id
from experiments.intake.importing import EventRecord
from recommenders.catalogue import ItemRecord

SHARED = Path(__file__).parents[4] / "shared" / "data" / "ml-100k"
RATING = "196\t242\t3\t881250949"
FLAGS = "|".join("1" if place in (3, 4) else "0" for place in range(19))
FILM = f"242|Caf\u00e9 (1995)|01-Jan-1995||http://film.example|{FLAGS}"
PERSON = "196|49|M|writer|55105"


def source_of(
    folder: Path, ratings: str = RATING, films: str = FILM, people: str = PERSON
) -> MovieLens:
    (folder / "u.data").write_text(ratings + "\n")
    (folder / "u.item").write_bytes(films.encode("latin-1") + b"\n")
    (folder / "u.user").write_text(people + "\n")
    return MovieLens(folder)


def test_events__rating__is_a_review_with_what_is_known_of_the_person(tmp_path: Path) -> None:
    [event] = source_of(tmp_path).events(currency="EUR")

    assert event == EventRecord(
        event_id=row_id(file_identity("movielens-100k", RATING), 1),
        type="review",
        occurred_at=datetime(1997, 12, 4, 15, 55, 49, tzinfo=UTC),
        visitor_id="196",
        item_id="242",
        attributes={"age": 49, "gender": "M", "occupation": "writer"},
        properties={"rating": 3},
    )


def test_items__film__has_genres_as_tags_and_the_first_as_category(tmp_path: Path) -> None:
    [film] = source_of(tmp_path).items()

    assert film == ItemRecord(
        item_id="242",
        title="Caf\u00e9 (1995)",
        category="Animation",
        tags=("Animation", "Children's"),
        url="http://film.example",
    )


@pytest.mark.parametrize(
    ("rating", "reason"),
    [
        ("196\t242\t3", "columns"),
        ("\t242\t3\t881250949", "user_missing"),
        ("196\t\t3\t881250949", "item_missing"),
        ("196\t242\t6\t881250949", "rating_invalid"),
        ("196\t242\t3\tnoon", "timestamp_invalid"),
        ("196\t242\t3\t" + "9" * 30, "timestamp_invalid"),
    ],
)
def test_events__bad_rating__is_rejected_with_its_reason(
    tmp_path: Path, rating: str, reason: str
) -> None:
    rejected, good = source_of(tmp_path, ratings=f"{rating}\n{RATING}").events(currency="EUR")

    assert rejected == RejectedRow("u.data", 1, reason, rating)
    assert isinstance(good, EventRecord)
    assert good.event_id == row_id(file_identity("movielens-100k", rating), 2)


@pytest.mark.parametrize(
    ("person", "reason"),
    [("196|49", "columns"), ("|49|M|writer|1", "user_missing"), ("196|?|M|x|1", "age_invalid")],
)
def test_events__bad_person__is_rejected_but_the_rating_kept(
    tmp_path: Path, person: str, reason: str
) -> None:
    rejected, event = source_of(tmp_path, people=person).events(currency="EUR")

    assert rejected == RejectedRow("u.user", 1, reason, person)
    assert isinstance(event, EventRecord)
    assert event.attributes == {}


@pytest.mark.parametrize(
    ("film", "reason"),
    [
        ("242|x|||", "columns"),
        (FILM.replace("242|", "|"), "item_missing"),
        (FILM.replace("Caf\u00e9 (1995)", ""), "title_missing"),
    ],
)
def test_items__bad_film__is_rejected_with_its_reason(
    tmp_path: Path, film: str, reason: str
) -> None:
    [rejected] = source_of(tmp_path, films=film).items()

    assert rejected == RejectedRow("u.item", 1, reason, film)


def test_source__file_lacks__is_named(tmp_path: Path) -> None:
    (tmp_path / "u.data").write_text(RATING)

    with pytest.raises(SourceError, match=r"no u\.item"):
        MovieLens(tmp_path)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the MovieLens data set is not beside the code")
def test_figures__real_files__are_those_published() -> None:
    source = MovieLens(SHARED)
    rows = list(source.events(currency="EUR"))
    films = list(source.items())

    assert not any(isinstance(row, RejectedRow) for row in [*rows, *films])
    assert source.figures() == {
        "rows": 100_000,
        "ratings": 100_000,
        "users": 943,
        "items": 1_682,
        "fewest_ratings_of_a_user": 20,
        "most_ratings_of_a_user": 737,
        "mean_rating": "3.52986",
        "ratings_by_star": "6110 / 11370 / 27145 / 34174 / 21201",
        "density": "6.3047 %",
        "first_day": "1997-09-20",
        "last_day": "1998-04-22",
        "men": 670,
        "women": 273,
        "most_rated": "Star Wars (1977) 583, Contact (1997) 509, Fargo (1996) 508",
    }
