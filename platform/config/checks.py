"""System checks: settings that would lose data, and plug-ins that do not import."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.compatibility)
def check_time_zones(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a system without time zones: days could not be cut where the shop is."""
    if "Europe/Berlin" in available_timezones():
        return []
    return [
        Error(
            "this system has no time zone database",
            hint="Install it: apt-get install tzdata",
            id="armature.E001",
        )
    ]


@register(Tags.security, deploy=True)
def check_database(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn when a production installation runs on the embedded database."""
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return [
            checks.Warning(
                "the production installation runs on SQLite",
                hint="Set DATABASE_URL=postgresql://… and ARMATURE_BROKER_URL=redis://…",
                id="armature.W001",
            )
        ]
    return []
