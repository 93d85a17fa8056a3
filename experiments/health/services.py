"""Do the parts answer: database, cache, broker, workers, beat."""

from collections.abc import Callable
from contextlib import suppress

from celery import current_app
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection

from experiments.health.heartbeats import BEAT, COMPUTE, EVENTS, TRAINING, heartbeat_age_s
from experiments.intake.patience import bounded_wait
from experiments.registries import HealthCheck

ANSWER_S = 2  # what a health check waits for
QUIET_S, SILENT_S = 30.0, 60.0  # beat sends the events' worker something every 5 s
BUSY_S = 1800.0  # the computing worker may be at a large analysis for a while


def database() -> HealthCheck:
    """Return whether the database answers; without it lists are still served, events refused."""
    try:
        with bounded_wait(ANSWER_S), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as error:
        with suppress(DatabaseError, InterfaceError):
            connection.close()
        return HealthCheck("database", "failed", f"no answer: {_brief(error)}", "Start it.")
    return HealthCheck("database", "ok", f"{connection.display_name} answers")


def cached() -> HealthCheck:
    """Return whether the cache takes a value; without it everything works, a little slower."""
    try:
        cache.set("health", 1, 10)
    except Exception as error:  # noqa: BLE001 - every cache backend fails in its own way
        fix = "Start the server that ARMATURE_CACHE_URL names; what it held is made anew."
        return HealthCheck("cache", "degraded", f"no answer: {_brief(error)}", fix)
    return HealthCheck("cache", "ok", "takes values")


def broker() -> HealthCheck:
    """Return whether hints reach a worker; without it nothing is applied, and nothing lost."""
    try:
        with current_app.connection_for_write() as link:
            link.ensure_connection(max_retries=1, interval_start=0, timeout=ANSWER_S)
    except Exception as error:  # noqa: BLE001 - every transport fails in its own way
        fix = "Start the server that ARMATURE_BROKER_URL names; accepted events wait meanwhile."
        return HealthCheck("broker", "failed", f"no answer: {_brief(error)}", fix)
    return HealthCheck("broker", "ok", "answers")


def events_worker() -> HealthCheck:
    """Return whether the worker that applies events was seen at work."""
    fix = "Start it: ./armature up, or celery -A config worker -Q events -c 1"
    return _alive("worker for events", EVENTS, QUIET_S, SILENT_S, fix)


def compute_worker() -> HealthCheck:
    """Return whether the worker that analyses was seen at work."""
    fix = "Start it: ./armature up, or celery -A config worker -Q compute -c 1"
    return _alive("worker for computing", COMPUTE, SILENT_S, BUSY_S, fix)


def training_worker() -> HealthCheck:
    """Return whether the worker for trainings was seen at work; it leaves signs while one runs."""
    fix = "Start it: ./armature up, or celery -A config worker -Q training -c 1 --pool solo"
    return _alive("worker for training", TRAINING, SILENT_S, BUSY_S, fix)


def beat() -> HealthCheck:
    """Return whether beat sends what is due: sweeps, schedules, ramps, reminders."""
    fix = "Start it: ./armature up, or celery -A config beat"
    return _alive("beat", BEAT, QUIET_S, SILENT_S, fix)


def _alive(title: str, name: str, quiet_s: float, silent_s: float, fix: str) -> HealthCheck:
    age_s = heartbeat_age_s(name)
    if age_s is None:
        return HealthCheck(title, "failed", "was never seen at work", fix)
    detail = f"last seen at work {age_s:.0f} s ago"
    if age_s <= quiet_s:
        return HealthCheck(title, "ok", detail)
    return HealthCheck(title, "degraded" if age_s <= silent_s else "failed", detail, fix)


def _brief(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


SERVICES: tuple[Callable[[], HealthCheck], ...] = (
    database,
    cached,
    broker,
    events_worker,
    compute_worker,
    training_worker,
    beat,
)
