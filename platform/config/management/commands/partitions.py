"""Make the partitions of the days ahead at once: `partitions`."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from experiments.retention import partitions


class Command(BaseCommand):
    """Make what beat makes every hour; making it twice changes nothing."""

    help = "Make the partitions of the days ahead, and sort the events that came for no day."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make them, and say what there is."""
        today = datetime.now(UTC).date()
        try:
            made = [*partitions.make_days_ahead(today=today), *partitions.sort_rest(today=today)]
        except OperationalError as error:
            raise CommandError(f"a lock could not be had; try again: {error}") from error
        if not partitions.is_split():
            self.stdout.write("This database splits no events: there is nothing to make.")
            return
        self.stdout.write(f"made: {', '.join(made) or 'nothing, all were there'}")
        self.stdout.write(f"days ahead, today included: {partitions.days_ahead(today=today)}")
