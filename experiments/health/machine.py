"""Is the machine fit: tables up to date, room on the disk, a configuration that is followed."""

import shutil
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from experiments.health.services import ANSWER_S
from experiments.intake.patience import bounded_wait
from experiments.registries import HealthCheck
from experiments.snapshot import restore, version

GIB = 1024**3
SPARE_BYTES, LEAST_BYTES = 2 * GIB, GIB // 4


def migrations() -> HealthCheck:
    """Return whether the tables are those of this code."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return HealthCheck("migrations", "ok", "all are applied")
    first = plan[0][0]
    detail = f"{len(plan)} not applied, the first is {first.app_label}.{first.name}"
    return HealthCheck("migrations", "failed", detail, "Apply them: ./armature manage migrate")


def disk() -> HealthCheck:
    """Return whether the data folder's disk has room."""
    free = shutil.disk_usage(settings.DATA_DIR).free
    detail = f"{free / GIB:.1f} GiB free where the data folder is"
    if free >= SPARE_BYTES:
        return HealthCheck("disk", "ok", detail)
    fix = "Make room: old artifacts and exports are the largest files of the data folder."
    return HealthCheck("disk", "degraded" if free >= LEAST_BYTES else "failed", detail, fix)


def configuration() -> HealthCheck:
    """Return whether the copy that a start without the database would serve from is current."""
    with bounded_wait(ANSWER_S):
        now = version()
    kept = restore()
    if kept is None:
        fix = "Start the web server; it writes the copy with its first request."
        return HealthCheck("configuration", "degraded", "no copy on the disk yet", fix)
    behind = now - kept.version
    if behind <= 0:
        return HealthCheck("configuration", "ok", f"version {kept.version}, copied to the disk")
    fix = "Is the web server running, and may it write to the data folder?"
    return HealthCheck("configuration", "degraded", f"{behind} changes behind", fix)


MACHINE: tuple[Callable[[], HealthCheck], ...] = (migrations, disk, configuration)
