"""The experiments room."""

from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    """What was decided and what happened."""

    name = "experiments"
    verbose_name = "Experiments"

    def ready(self) -> None:
        """Bump the configuration's version whenever a row of it changes."""
        from experiments import signals

        signals.connect()
