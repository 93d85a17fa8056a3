"""The analytics room."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """What it means."""

    name = "analytics"
    verbose_name = "Analytics"

    def ready(self) -> None:
        """Register what this room adds to a new site."""
        from analytics import hooks

        hooks.register()
