"""The ledger keeps event ids unique from here on; the events may then be split by day."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("experiments", "0008_fill_the_ledger")]

    operations = [
        migrations.RemoveConstraint("event", "event_id_unique_in_site"),
        migrations.RemoveField("event", "body_hash"),
    ]
