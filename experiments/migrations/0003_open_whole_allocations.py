"""Open all of each allocation, as it was before there were ramps."""

from typing import Any

from django.db import migrations
from django.db.models import F


def fill(apps: Any, _schema_editor: Any) -> None:
    """Let every allocation admit the units of all its buckets."""
    allocations = apps.get_model("experiments", "Allocation").objects
    allocations.filter(admitted_stop=None).update(admitted_stop=F("stop"))


class Migration(migrations.Migration):
    dependencies = [("experiments", "0002_audience_runs_people_notices")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
