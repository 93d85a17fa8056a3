"""Every health check of the installation; the same for the page, the doctor and the API."""

import logging
from collections.abc import Callable, Sequence

from django.db import DatabaseError, InterfaceError

from experiments.health.flow import FLOW
from experiments.health.machine import MACHINE
from experiments.health.services import SERVICES
from experiments.registries import HEALTH_CHECKS, HealthCheck

log = logging.getLogger(__name__)

STATES = ("failed", "degraded", "ok")  # the worst first


def health_checks() -> list[HealthCheck]:
    """Return every check, those of other rooms last; one that cannot be made has failed."""
    made = [_made(check) for check in (*SERVICES, *FLOW, *MACHINE)]
    for provider in HEALTH_CHECKS:
        made += _made_all(provider)
    return made


def worst(checks: Sequence[HealthCheck]) -> str:
    """Return the worst state among the checks; ok of none.

    >>> worst([HealthCheck("disk", "ok", ""), HealthCheck("spool", "degraded", "")])
    'degraded'
    """
    return min((check.state for check in checks), key=STATES.index, default="ok")


def _made(check: Callable[[], HealthCheck]) -> HealthCheck:
    return _made_all(lambda: [check()], check.__name__.replace("_", " "))[0]


def _made_all(provider: Callable[[], list[HealthCheck]], title: str = "") -> list[HealthCheck]:
    """Return what a provider says; its failure as a failed check, so that the others are shown."""
    name = title or f"{provider.__module__}.{provider.__name__}"
    try:
        return provider()
    except (DatabaseError, InterfaceError) as error:
        fix = "Start the database; where tables are missing: ./armature manage migrate"
        return [HealthCheck(name, "failed", f"the database says: {error}".strip()[:300], fix)]
    except Exception as error:
        log.exception("health check failed name=%s", name)
        fix = "Look at the log; the check itself is broken."
        return [HealthCheck(name, "failed", f"cannot be made: {error}"[:300], fix)]
