"""The project itself as an application, so that its commands and checks are found."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Registers the commands and checks that span rooms."""

    name = "config"

    def ready(self) -> None:
        """Register the system checks."""
        from config import checks  # noqa: F401
