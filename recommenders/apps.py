"""The recommenders room."""

from django.apps import AppConfig


class RecommendersConfig(AppConfig):
    """What to show."""

    name = "recommenders"
    verbose_name = "Recommenders"

    def ready(self) -> None:
        """Register what this room adds to a site and to the launch checks."""
        from recommenders import checks, hooks  # noqa: F401 - checks register themselves

        hooks.register()
