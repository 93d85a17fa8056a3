"""Count who looked at a report."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0002_rollups"),
        ("experiments", "0013_take_slates_without_a_check_of_their_site"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportLook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("phase", models.PositiveIntegerField()),
                ("reader", models.CharField(max_length=200)),
                ("day", models.DateField()),
                ("times", models.PositiveIntegerField(default=1)),
                ("first_at", models.DateTimeField()),
                (
                    "experiment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="experiments.experiment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("experiment", "phase", "reader", "day"),
                        name="report_look_once_a_day",
                    )
                ],
            },
        ),
    ]
