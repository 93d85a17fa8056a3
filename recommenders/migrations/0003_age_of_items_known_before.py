from typing import Any

from django.db import migrations
from django.db.models import F


def age_from_last_change(apps: Any, _schema_editor: Any) -> None:
    """Say of items that were there before ages were kept: as old as their last change, at least."""
    apps.get_model("recommenders", "Item").objects.update(added_at=F("updated_at"))


class Migration(migrations.Migration):

    dependencies = [
        ("recommenders", "0002_markets_age_and_comparison"),
    ]

    operations = [migrations.RunPython(age_from_last_change, migrations.RunPython.noop)]
