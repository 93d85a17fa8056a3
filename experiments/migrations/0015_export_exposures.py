from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("experiments", "0014_count_lists_by_who_served_them"),
    ]

    operations = [
        migrations.AlterField(
            model_name="exportedday",
            name="table",
            field=models.CharField(
                choices=[
                    ("events", "Events"),
                    ("slates", "Slates"),
                    ("exposures", "Exposures"),
                ],
                max_length=9,
            ),
        ),
    ]
