"""What the database itself refuses: moves of a status that are none, and changes of the record."""

import itertools
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from experiments.lifecycle import Status, moves
from experiments.models import (
    Change,
    DecisionRecord,
    Experiment,
    Phase,
    Placement,
    StatusChange,
)
from experiments.services import pause_experiment
from tests.experiments.sites import a_ready_site, started
from tests.factories import a_site, draft_experiment

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def recorded() -> Experiment:
    """Return an experiment with a row in each table of the record."""
    experiment = started(a_ready_site())
    user = User.objects.create_user("ann")
    DecisionRecord.objects.create(
        experiment=experiment, outcome="other", reason="r", decided_by=user, actor="ann", at=NOW
    )
    return experiment


def set_status(experiment: Experiment, status: str) -> None:
    """Write a status past every service; a copy that was never saved first has any status."""
    with transaction.atomic():
        Experiment.objects.filter(pk=experiment.pk).update(status=status)


@pytest.mark.django_db
def test_status__written_past_the_services__follows_the_table_alone() -> None:
    site = a_site()
    allowed = set()
    for old, new in itertools.product(Status, Status):
        row = draft_experiment(site, f"{old}-{new}")
        row.pk, row.key, row.status = None, f"{old}-to-{new}", old
        row.save(force_insert=True)
        with suppress(IntegrityError):
            set_status(row, new)
            allowed.add((old.value, new.value))

    assert allowed == moves() | {(each.value, each.value) for each in Status}


RECORDS: list[type[Model]] = [StatusChange, Change, DecisionRecord]


@pytest.mark.parametrize("model", RECORDS)
@pytest.mark.parametrize("field", ["actor", "at", "reason"])
@pytest.mark.django_db
def test_record__updated__is_refused(recorded: Experiment, model: Any, field: str) -> None:
    before = list(model.objects.values())
    value = NOW if field == "at" else "somebody else"

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        model.objects.update(**{field: value})

    assert list(model.objects.values()) == before


@pytest.mark.parametrize("model", RECORDS)
@pytest.mark.django_db(transaction=True)
def test_record__deleted_alone__is_refused_at_the_commit(recorded: Experiment, model: Any) -> None:
    before = list(model.objects.values())
    assert before

    with pytest.raises(IntegrityError):
        model.objects.all().delete()

    assert list(model.objects.values()) == before


@pytest.mark.django_db(transaction=True)
def test_record__of_an_experiment_that_is_deleted__goes_with_it_but_for_the_audit(
    recorded: Experiment,
) -> None:
    changes = Change.objects.count()

    recorded.delete()

    assert not StatusChange.objects.exists()
    assert not DecisionRecord.objects.exists()
    assert Change.objects.filter(experiment=None).count() == changes > 0


@pytest.mark.django_db(transaction=True)
def test_audit__of_a_site_that_is_deleted__goes_with_it() -> None:
    site = a_site()
    draft_experiment(site).delete()
    Placement.objects.all().delete()  # a layer does not go before what it decides
    assert Change.objects.exists()

    site.delete()

    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("spoil", "is_fine"),
    [
        (lambda: Change.objects.update(experiment=None), True),
        (lambda: User.objects.all().delete(), True),
        (lambda: Change.objects.update(experiment=Experiment.objects.last()), False),
        (lambda: DecisionRecord.objects.update(decided_by=User.objects.last()), False),
    ],
    ids=["experiment gone", "account gone", "another experiment", "another account"],
)
@pytest.mark.django_db
def test_reference__of_a_record__may_be_emptied_but_never_set(
    recorded: Experiment, spoil: Callable[[], Any], is_fine: bool
) -> None:
    if is_fine:
        spoil()
        return
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        spoil()


def guards() -> list[str]:
    """Return the names of our triggers that the database has."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT DISTINCT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return sorted(name for (name,) in cursor.fetchall() if name.startswith("experiments_"))


@pytest.mark.django_db(transaction=True)
def test_guards_and_audit__migrated_back_and_forth__come_again_and_record_the_past_once(
    recorded: Experiment,
) -> None:
    pause_experiment(experiment_id=recorded.pk, actor="ann", reason="stock is out")
    there = guards()
    call_command("migrate", "experiments", "0004", verbosity=0)
    gone = guards()
    Change.objects.all().delete()
    Phase.objects.all().delete()

    call_command("migrate", verbosity=0)

    assert len(there) >= 9
    assert gone == []
    assert guards() == there
    assert list(Change.objects.order_by("id").values_list("action", "actor", "reason")) == [
        ("start", "", ""), ("pause", "ann", "stock is out"),
    ]  # fmt: skip
    phase = Phase.objects.get()
    assert (phase.number, phase.seed) == (1, recorded.seed)
    assert [each["key"] for each in phase.variants] == ["control", "treatment"]
