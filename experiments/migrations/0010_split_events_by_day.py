"""On PostgreSQL the table of events is split by day; what no day was made for is in the rest.

The primary key of a split table holds what it is split by. To everyone else `id` stays the key: it
comes from one sequence, so no two rows share it.
"""

from typing import Any

from django.db import migrations

MAKE = """
ALTER TABLE experiments_event RENAME TO experiments_event_whole;
CREATE TABLE experiments_event (
    LIKE experiments_event_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS
) PARTITION BY LIST (day);
CREATE SEQUENCE experiments_event_number AS bigint OWNED BY experiments_event.id;
SELECT setval(
    'experiments_event_number', (SELECT COALESCE(MAX(id), 0) + 1 FROM experiments_event_whole), false
);
ALTER TABLE experiments_event ALTER COLUMN id SET DEFAULT nextval('experiments_event_number');
CREATE TABLE experiments_event_rest PARTITION OF experiments_event DEFAULT;
INSERT INTO experiments_event SELECT * FROM experiments_event_whole;
DROP TABLE experiments_event_whole;
ALTER TABLE experiments_event ADD PRIMARY KEY (id, day);
"""


def split(apps: Any, schema_editor: Any) -> None:
    """Make the table anew, split, with the rows and indexes it had."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in MAKE.split(";"):
        if statement.strip():
            schema_editor.execute(statement, params=None)
    event = apps.get_model("experiments", "Event")
    for index in event._meta.indexes:
        schema_editor.add_index(event, index)


class Migration(migrations.Migration):
    dependencies = [("experiments", "0009_leave_uniqueness_to_the_ledger")]

    operations = [migrations.RunPython(split, migrations.RunPython.noop)]
