"""What the database itself refuses, whoever writes to it: triggers for SQLite and PostgreSQL.

A status changes only along the table of transitions. Rows of the record are never updated, and
are deleted only together with what they are a record of.

SQLite copies a table to alter it, and drops its triggers with the old one; PostgreSQL does not
alter a column that a trigger looks at. So the guards come down before migrations and go up after.
"""

from typing import Any

from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.signals import post_migrate, pre_migrate

from experiments.guards import postgresql, sqlite
from experiments.guards.records import EXPERIMENTS, RECORDS, SITES

# From this migration on the guards stand; a database that is taken back beyond it has none.
SINCE = ("experiments", "0006_guard_status_and_record")
WRITERS = {"sqlite": sqlite, "postgresql": postgresql}


def connect(app: Any) -> None:
    """Take the guards down before the app's migrations, and put them up afterwards."""
    pre_migrate.connect(_before, sender=app, dispatch_uid="guards-down")
    post_migrate.connect(_after, sender=app, dispatch_uid="guards-up")


def _before(*, using: str, plan: Any = None, **_kwargs: Any) -> None:
    if plan:  # an empty one alters nothing
        remove(connections[using])


def _after(*, using: str, plan: Any = None, **_kwargs: Any) -> None:
    if plan:
        install(connections[using])


def remove(connection: Any) -> None:
    """Take down the guards that are there."""
    with connection.cursor() as cursor:
        for table, name in _triggers():
            place = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{place}")


def _triggers() -> list[tuple[str, str]]:
    """Return every trigger that may be there, each after its table."""
    kinds = ("fixed", "forgets", "kept")
    rows = [(each.table, f"{each.table}_{kind}") for each in RECORDS for kind in kinds]
    parents = [(parent, f"{parent}_gone") for parent in (EXPERIMENTS, SITES)]
    return [(EXPERIMENTS, f"{EXPERIMENTS}_status"), *rows, *parents]


def install(connection: Any) -> None:
    """Put the guards up, in place of those that are there, if the database has come so far."""
    if SINCE not in MigrationRecorder(connection).applied_migrations():
        return
    remove(connection)
    writer: Any = WRITERS[connection.vendor]
    with connection.cursor() as cursor:
        for statement in writer.shared_statements():
            cursor.execute(statement)
        for record in RECORDS:
            columns = connection.introspection.get_table_description(cursor, record.table)
            fixed = [column.name for column in columns if column.name != record.forgets]
            for statement in writer.record_statements(record, fixed):
                cursor.execute(statement)
