"""Put what happened before there was an audit on record: steps taken, and phases begun."""

from typing import Any

from django.db import migrations

# What the steps were called that led from one status to another.
ACTIONS = {
    ("draft", "running"): "start",
    ("review", "running"): "start",
    ("scheduled", "running"): "start",
    ("paused", "running"): "start",
    ("running", "paused"): "pause",
    ("running", "ended"): "end",
    ("paused", "ended"): "end",
    ("ended", "archived"): "archive",
}


def record_steps(apps: Any, _schema_editor: Any) -> None:
    """Copy each change of a status into the audit."""
    steps = apps.get_model("experiments", "StatusChange").objects
    change = apps.get_model("experiments", "Change")
    for step in steps.select_related("experiment").order_by("at", "id").iterator():
        change.objects.create(
            site_id=step.experiment.site_id,
            experiment_id=step.experiment_id,
            subject=f"experiment {step.experiment.key}",
            action=ACTIONS.get((step.from_status, step.to_status), step.to_status),
            actor=step.actor,
            at=step.at,
            before={"status": step.from_status},
            after={"status": step.to_status},
            reason=step.reason,
        )


def record_phases(apps: Any, _schema_editor: Any) -> None:
    """Note the present phase of whatever has started."""
    phases = apps.get_model("experiments", "Phase").objects
    experiments = apps.get_model("experiments", "Experiment").objects
    for row in experiments.exclude(started_at=None).filter(phases=None):
        variants = row.variants.order_by("position", "id")
        names = ("key", "name", "weight", "is_control", "parameters")
        phases.create(
            experiment=row,
            number=row.phase,
            seed=row.seed,
            variants=list(variants.values(*names)),
            started_at=row.started_at,
            ended_at=row.ended_at,
        )


class Migration(migrations.Migration):
    dependencies = [("experiments", "0004_require_admitted")]

    operations = [
        migrations.RunPython(record_steps, migrations.RunPython.noop),
        migrations.RunPython(record_phases, migrations.RunPython.noop),
    ]
