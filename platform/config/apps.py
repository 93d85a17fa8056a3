"""The project itself as an application, so that its commands and checks are found."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Registers the commands and checks that span rooms."""

    name = "config"

    def ready(self) -> None:
        """Register the system checks and what the OpenAPI document says of keys."""
        from config import checks, schema  # noqa: F401
