"""The experiments room."""

from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    """What was decided and what happened."""

    name = "experiments"
    verbose_name = "Experiments"

    def ready(self) -> None:
        """Tell changes of the configuration to its version, and those of roles to groups."""
        from experiments import guards, mirroring, signals

        signals.connect()
        guards.connect(self)
        mirroring.connect()
