"""The experiments room."""

from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    """What was decided and what happened."""

    name = "experiments"
    verbose_name = "Experiments"

    def ready(self) -> None:
        """Tell changes of the configuration to its version, and those of roles to groups."""
        from experiments import guards, mirroring, signals
        from experiments.registries import HEALTH_CHECKS
        from experiments.retention.health import check_partitions

        signals.connect()
        guards.connect(self)
        mirroring.connect()
        HEALTH_CHECKS.append(check_partitions)
