"""Fits one queued artifact, within the limits of a training; workers start it."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recommenders.services import train_artifact
from recommenders.services.limits import limit_memory, limit_time


class Command(BaseCommand):
    """Trains in this process; what fails is recorded with the artifact."""

    help = "Fit one queued artifact within the limits of a training."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare which artifact."""
        parser.add_argument("artifact", type=int, help="The id of a queued artifact.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Set the limits and train."""
        limit_memory(settings.TRAINING_MEMORY_MB)
        limit_time(settings.TRAINING_SOFT_LIMIT_S)
        try:
            train_artifact(artifact_id=options["artifact"])
        except Exception as error:
            raise CommandError(f"{type(error).__name__}: {error}") from error
