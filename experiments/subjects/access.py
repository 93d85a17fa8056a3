"""Access: everything held on one visitor, account or session, as one JSON document.

The document is written piece by piece, so its size is bounded by what is held and not by memory.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django.utils import timezone

from experiments.assignment.assign import decide_experiment
from experiments.assignment.specs import UnitIds, Visit
from experiments.lifecycle import Status
from experiments.models import Experiment, Holdout
from experiments.registries import SUBJECT_READERS
from experiments.services.audit import record_change
from experiments.snapshot import compilable, compile_experiment
from experiments.subjects.bodies import LISTS, is_of
from experiments.subjects.erasure import erasure_of
from experiments.subjects.exports import exported_rows_of
from experiments.subjects.subject import (
    Subject,
    duplicates_of,
    events_of,
    exposures_of,
    flags_of,
    links_of,
    overrides_of,
    sessions_of,
    slates_of,
)
from experiments.subjects.waiting import refused_of, waiting_of
from experiments.visits import attributes_of

CHUNK = 1_000  # rows in memory at a time
Row = dict[str, Any]
Section = tuple[str, Iterator[Row]]


def access_document(*, subject: Subject, actor: str) -> Iterator[str]:
    """Yield the text of one JSON document that holds everything on the unit; put it on record.

    `held`: rows by table; `counts`: how many of each, for whoever checks that all arrived.
    """
    record_change(
        site=subject.site, subject=subject.name, action="access", actor=actor, before={}, after={}
    )
    return _pieces(subject)


def _pieces(subject: Subject) -> Iterator[str]:
    yield _json(_head(subject))[:-1] + ', "held": {'
    counts: Counter[str] = Counter()
    between = ""
    for name, rows in sections(subject):
        yield f"{between}{_json(name)}: ["
        for row in rows:
            yield (", " if counts[name] else "") + _json(row)
            counts[name] += 1
        yield "]"
        counts.setdefault(name, 0)
        between = ", "
    yield f'}}, "counts": {_json(counts)}}}'


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _head(subject: Subject) -> Row:
    erasure = erasure_of(subject)
    return {
        "site": subject.site.slug,
        "unit": {"type": subject.unit_type, "id": subject.given, "stored_as": subject.unit_id},
        "written_at": timezone.now(),
        "erasure": erasure
        and {"id": erasure.pk, "asked_at": erasure.asked_at, "finished_at": erasure.finished_at},
    }


def sections(subject: Subject) -> Iterator[Section]:
    """Yield what is held, by table; other rooms' tables last."""
    yield "events", _rows(events_of(subject))
    yield "slates", _rows(slates_of(subject).order_by("pk"))
    yield "exposures", map(_exposure, _own(exposures_of(subject)))
    yield "assignments", assignments_of(subject)
    yield "links", _links(subject)
    yield "sessions", ({"session_id": each.unit_id} for each in sessions_of(subject))
    yield "flags", _rows(flags_of(subject))
    yield "overrides", _rows(overrides_of(subject))
    yield "inbox", _waiting(subject)
    yield "quarantine", map(_row, refused_of(subject))
    yield "duplicates", _rows(duplicates_of(subject))
    yield "exports", exported_rows_of(subject)
    for read in SUBJECT_READERS:
        for name, rows in read(subject.site.pk, subject.unit_type, subject.unit_id).items():
            yield name, iter(rows)


def counts_of(subject: Subject) -> dict[str, int]:
    """Return how many rows of each table are held, without those that hold none."""
    counted = {name: sum(1 for _row in rows) for name, rows in sections(subject)}
    return {name: count for name, count in counted.items() if count and name != "assignments"}


def _rows(rows: "QuerySet[Any]") -> Iterator[Row]:
    return map(_row, rows.order_by("pk").iterator(chunk_size=CHUNK))


def _row(row: Model) -> Row:
    """Return a row by its columns, without its own number and its site's."""
    fields = [
        field for field in row._meta.concrete_fields if field.attname not in {"id", "site_id"}
    ]
    return {field.attname: field.value_from_object(row) for field in fields}


def _own(rows: "QuerySet[Any]") -> Iterator[Any]:
    return iter(rows.select_related("experiment", "variant").order_by("pk"))


def _exposure(row: Any) -> Row:
    return {**_row(row), "experiment": row.experiment.key, "variant": row.variant.key}


def _links(subject: Subject) -> Iterator[Row]:
    """Yield the ids that the unit is linked with; each of them has data of its own."""
    note = "this id has data of its own: ask for it by itself"
    for link in links_of(subject).order_by("pk"):
        yield {**_row(link), "note": note}


def assignments_of(subject: Subject) -> Iterator[Row]:
    """Yield what every experiment that is not archived would answer the unit now.

    Assignment looks at raw ids: for one that is known by its hash only, nothing can be said.
    """
    if subject.given == subject.unit_id and subject.site.hash_ids:
        return
    experiments = compilable().filter(site=subject.site).exclude(status=Status.ARCHIVED)
    holdouts = Holdout.objects.filter(site=subject.site).prefetch_related("layers")
    specs = {
        each.pk: compile_experiment(each, {subject.site.pk: list(holdouts)})
        for each in experiments.order_by("pk")
    }
    visit = _visit(subject)
    for spec in specs.values():
        decision = decide_experiment(spec, visit, specs)
        yield {
            "experiment": spec.key,
            "phase": spec.phase,
            "variant": decision.variant.key if decision.variant else None,
            "reason": decision.reason,
        }


def _visit(subject: Subject) -> Visit:
    kinds = Experiment.UnitType
    ids = {kind: subject.given if kind == subject.unit_type else "" for kind in kinds.values}
    units = UnitIds(ids[kinds.VISITOR], ids[kinds.ACCOUNT], ids[kinds.SESSION])
    return Visit(units, attributes_of(units, {}))


def _waiting(subject: Subject) -> Iterator[Row]:
    """Yield what was accepted of the unit and is not applied yet."""
    for batch in waiting_of(subject):
        document = json.loads(batch.doc)
        for name in LISTS:
            for each in document.get(name, ()):
                if is_of(each, subject.unit_type, subject.ids):
                    yield {"received_at": batch.received_at, "kind": batch.kind, "sent": each}
