"""The Celery application and what beat repeats."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("armature")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["experiments", "recommenders", "analytics"])
app.conf.beat_schedule = {
    # A lost hint costs seconds, never data: the sweep finds whatever is left in the inbox.
    "sweep the inbox": {"task": "experiments.tasks.drain_inbox", "schedule": 5.0},
    "sweep queued work": {"task": "recommenders.tasks.sweep_training", "schedule": 15.0},
    "sweep queued analyses": {"task": "analytics.tasks.sweep_analyses", "schedule": 15.0},
    "start and end on schedule": {"task": "experiments.tasks.run_schedule", "schedule": 30.0},
    "advance ramps": {"task": "experiments.tasks.advance_ramps", "schedule": 60.0},
    "send notices": {"task": "experiments.tasks.send_notices", "schedule": 15.0},
    "remind": {"task": "experiments.tasks.remind_people", "schedule": 900.0},
    "make partitions": {"task": "experiments.tasks.make_partitions", "schedule": 3600.0},
    "refresh running analyses": {"task": "analytics.tasks.refresh_running", "schedule": 3600.0},
}
