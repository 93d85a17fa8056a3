"""System checks: plug-ins that cannot be used."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.checks import CheckMessage, Tags, register

from recommenders.registry import broken_plugins


@register(Tags.compatibility)
def check_plugins(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Name each plug-in that cannot be used; a warning, for the site works without it."""
    return [
        checks.Warning(
            f"recommender {name!r}: {reason}",
            hint="Lists of its artifacts come from the fallbacks until it is mended.",
            id="armature.W002",
        )
        for name, reason in broken_plugins().items()
    ]
