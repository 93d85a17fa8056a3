"""Sites that were there before get the built-in metrics they lack, to be chosen: nothing is judged
by them, or watched, that was not before."""

from typing import Any

from django.db import migrations


def add_missing(apps: Any, schema_editor: Any) -> None:
    from analytics.builtin import builtin_metrics

    metrics = apps.get_model("analytics", "Metric")
    known = {field.name for field in metrics._meta.get_fields()}
    for site in apps.get_model("experiments", "Site").objects.all():
        present = set(metrics.objects.filter(site=site).values_list("key", flat=True))
        for fields in builtin_metrics():
            if fields["key"] not in present:
                values = {name: value for name, value in fields.items() if name in known}
                metrics.objects.create(site=site, **{**values, "default_role": ""})


def remove_unused(apps: Any, schema_editor: Any) -> None:
    metrics = apps.get_model("analytics", "Metric")
    unused = metrics.objects.filter(is_builtin=True, experimentmetric=None)
    unused.exclude(key__in=["revenue_per_unit", "conversion", "ctr", "aov"]).delete()


class Migration(migrations.Migration):
    dependencies = [("analytics", "0006_know_how_popular_items_are")]

    operations = [migrations.RunPython(add_missing, remove_unused)]
