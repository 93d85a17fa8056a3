"""Brings an installation's own files up to date before its services start."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu import Queue

from experiments.retention.partitions import make_days_ahead

QUEUES = ("events", "compute", "training")


class NotMigratedError(Exception):
    """A shared database lacks migrations, which its operator has to apply."""


def bring_up_to_date(say: Callable[[str], object]) -> None:
    """Migrate an embedded database when needed, and make the files that services share.

    Raises NotMigratedError for a database server that lacks migrations.
    """
    _migrate(say)
    _make_partitions(say)
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    if settings.CELERY_BROKER_URL.startswith("sqla+"):
        _make_broker_file()


def missing_migrations() -> int:
    """Return how many migrations the database lacks."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _migrate(say: Callable[[str], object]) -> None:
    missing = missing_migrations()
    if not missing:
        return
    if connection.vendor != "sqlite":
        raise NotMigratedError(
            f"the database lacks {missing} migrations; run: ./armature manage migrate"
        )
    say(f"applying {missing} migrations to {connection.settings_dict['NAME']}")
    call_command("migrate", verbosity=0, interactive=False)


def _make_partitions(say: Callable[[str], object]) -> None:
    """Make the partitions of the days ahead; without them events go to the default partition."""
    try:
        make_days_ahead(today=datetime.now(UTC).date())
    except OperationalError as error:  # whoever holds the lock must not keep us from starting
        say(f"the partitions of the days ahead are left to beat: {error}")


def _make_broker_file() -> None:
    """Make the queues' tables: two workers that both find none would both try, and one fails."""
    with current_app.connection_for_write() as broker:
        for name in QUEUES:
            Queue(name, exchange=name, routing_key=name)(broker.default_channel).declare()
