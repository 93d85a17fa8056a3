"""From here on the database refuses moves of a status that are none, and changes of the record.

The guards go up after the migrations, in `experiments.guards`: on SQLite any later migration of
their tables would drop them. Taking this migration back takes them down.
"""

from typing import Any

from django.db import migrations

from experiments import guards


def take_down(_apps: Any, schema_editor: Any) -> None:
    """Take the guards down."""
    guards.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("experiments", "0005_put_the_past_on_record")]

    operations = [migrations.RunPython(migrations.RunPython.noop, take_down)]
