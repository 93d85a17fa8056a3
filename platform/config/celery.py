"""The Celery application and what beat repeats."""

import os
from typing import Any

from celery import Celery
from celery.signals import after_task_publish, beat_init, task_postrun, task_prerun

from config.acknowledging import AcknowledgeAgain

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("armature")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["experiments", "recommenders", "analytics"])
app.steps["consumer"].add(AcknowledgeAgain)
app.conf.beat_schedule = {
    # A lost hint costs seconds, never data: the sweep finds whatever is left in the inbox.
    "sweep the inbox": {"task": "experiments.tasks.drain_inbox", "schedule": 5.0},
    "sweep queued work": {
        "task": "recommenders.tasks.sweep_training",
        "schedule": 15.0,
        "options": {"expires": 60},  # they would queue up behind a long training
    },
    "train what is due": {"task": "recommenders.tasks.retrain", "schedule": 600.0},
    "sweep queued analyses": {"task": "analytics.tasks.sweep_analyses", "schedule": 15.0},
    "sweep rollups": {"task": "analytics.tasks.sweep_rollups", "schedule": 60.0},
    "measure popularity": {"task": "analytics.tasks.measure_popularities", "schedule": 21_600.0},
    "start and end on schedule": {"task": "experiments.tasks.run_schedule", "schedule": 30.0},
    "advance ramps": {"task": "experiments.tasks.advance_ramps", "schedule": 60.0},
    "look at ages and counts": {"task": "experiments.tasks.look_at_health", "schedule": 10.0},
    "send notices": {"task": "experiments.tasks.send_notices", "schedule": 15.0},
    "sweep erasures": {"task": "experiments.tasks.sweep_erasures", "schedule": 15.0},
    "remind": {"task": "experiments.tasks.remind_people", "schedule": 900.0},
    "flag outliers": {
        "task": "experiments.tasks.flag_outliers",
        "schedule": 300.0,
        "options": {"queue": "compute"},  # it reads a day's events
    },
    "flag outliers that came late": {
        "task": "experiments.tasks.flag_outliers",
        "schedule": 24 * 3600.0,
        "kwargs": {"hours": 8 * 24},
        "options": {"queue": "compute"},
    },
    "prune repeats": {"task": "experiments.tasks.prune_repeats", "schedule": 3600.0},
    "make partitions": {"task": "experiments.tasks.make_partitions", "schedule": 3600.0},
    "drop old days": {
        "task": "experiments.tasks.drop_old_days",
        "schedule": 6 * 3600.0,
        "options": {"queue": "compute"},  # it may take an hour, and events must not wait for it
    },
    "refresh running analyses": {"task": "analytics.tasks.refresh_running", "schedule": 3600.0},
}


@task_prerun.connect
@task_postrun.connect
def _worker_is_alive(task: Any, **_: Any) -> None:
    """Let the health checks see that the worker of the task's queue takes and ends tasks."""
    from experiments.health.heartbeats import COMPUTE, EVENTS, TRAINING, leave_heartbeat

    queue = (task.request.delivery_info or {}).get("routing_key")
    if queue in (EVENTS, COMPUTE, TRAINING):
        leave_heartbeat(queue)


def _beat_is_alive(**_: Any) -> None:
    from experiments.health.heartbeats import BEAT, leave_heartbeat

    leave_heartbeat(BEAT)


@beat_init.connect
def _watch_beat(**_: Any) -> None:
    """Let the health checks see that beat sends tasks, and that the broker takes them."""
    after_task_publish.connect(_beat_is_alive, weak=False)
