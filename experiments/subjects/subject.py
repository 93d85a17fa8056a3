"""One visitor, account or session of a site, and the rows that are its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from experiments.errors import InvalidInput
from experiments.models import (
    Duplicate,
    Event,
    Experiment,
    Exposure,
    FlaggedUnit,
    Override,
    Site,
    Slate,
    UnitLink,
)
from experiments.models.event import ID
from experiments.subjects.bodies import is_printable
from experiments.subjects.hashing import digest_of, stored_id

TYPES = tuple(Experiment.UnitType.values)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data are meant: `given` as somebody wrote the id, `unit_id` as rows hold it."""

    site: Site
    unit_type: str
    unit_id: str
    given: str

    @property
    def ids(self) -> frozenset[str]:
        """Return both forms of the id: what waits to be applied still holds the raw one."""
        return frozenset({self.unit_id, self.given})

    @property
    def digest(self) -> str:
        """Return what is kept of the unit once it is erased."""
        return digest_of(self.site.pk, self.unit_type, self.unit_id)

    @property
    def column(self) -> str:
        """Return the column in which events and slates hold ids of this type."""
        return f"{self.unit_type}_id"

    @property
    def name(self) -> str:
        """Return how records tell of the unit, without its id."""
        return f"{self.unit_type} {self.digest[:12]}"


def subject_of(*, site: Site, unit_type: str, unit_id: str) -> Subject:
    """Return the unit of an id, given raw or as its stored hash; raises InvalidInput."""
    if unit_type not in TYPES:
        raise InvalidInput(
            f"unknown unit type {unit_type[:40]!r}; known: {', '.join(TYPES)}", field="unit_type"
        )
    if not 0 < len(unit_id) <= ID or not is_printable(unit_id):
        raise InvalidInput(
            f"an id is a text of 1 to {ID} characters; {len(unit_id)} were given", field="unit_id"
        )
    stored = stored_id(unit_id, site_id=site.pk, hash_ids=site.hash_ids)
    return Subject(site, unit_type, stored, unit_id)


def events_of(subject: Subject) -> QuerySet[Event]:
    """Return the unit's events, by whichever id they came to be its own."""
    return Event.objects.filter(site=subject.site, **{subject.column: subject.unit_id})


def slates_of(subject: Subject) -> QuerySet[Slate]:
    """Return the lists that the unit was served, also those that a kept variant counts for it."""
    mine = Q(**{subject.column: subject.unit_id})
    kept = Q(unit_id=subject.unit_id, experiment__unit_type=subject.unit_type)
    return Slate.objects.filter(mine | kept, site=subject.site)


def exposures_of(subject: Subject) -> QuerySet[Exposure]:
    """Return the unit's exposures."""
    own = Q(unit_type=subject.unit_type)
    usual = Q(unit_type="", experiment__unit_type=subject.unit_type)
    return Exposure.objects.filter(
        own | usual, experiment__site=subject.site, unit_id=subject.unit_id
    )


def links_of(subject: Subject) -> QuerySet[UnitLink]:
    """Return the links between the unit and units of the other type; a session has none."""
    if subject.unit_type == Experiment.UnitType.SESSION:
        return UnitLink.objects.none()
    return UnitLink.objects.filter(site=subject.site, **{subject.column: subject.unit_id})


def duplicates_of(subject: Subject) -> QuerySet[Duplicate]:
    """Return the repeats that the unit sent; they hold no session."""
    if subject.unit_type == Experiment.UnitType.SESSION:
        return Duplicate.objects.none()
    return Duplicate.objects.filter(site=subject.site, **{subject.column: subject.unit_id})


def flags_of(subject: Subject) -> QuerySet[FlaggedUnit]:
    """Return what the unit was flagged as."""
    return FlaggedUnit.objects.filter(
        site=subject.site, unit_type=subject.unit_type, unit_id=subject.unit_id
    )


def overrides_of(subject: Subject) -> QuerySet[Override]:
    """Return the variants that the unit is forced to see; people write their ids raw."""
    return Override.objects.filter(
        experiment__site=subject.site,
        experiment__unit_type=subject.unit_type,
        unit_id__in=subject.ids,
    )


def sessions_of(subject: Subject) -> Iterator[Subject]:
    """Yield the sessions in which the unit was seen; of a session, none."""
    if subject.unit_type == Experiment.UnitType.SESSION:
        return
    found: set[str] = set()
    for rows in (events_of(subject), slates_of(subject)):
        named: QuerySet[Any, Any] = rows.exclude(session_id="").order_by()
        found.update(named.values_list("session_id", flat=True).distinct())
    for session_id in sorted(found):
        yield Subject(subject.site, Experiment.UnitType.SESSION, session_id, session_id)
