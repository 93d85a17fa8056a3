"""The details by name, and how one that fails is kept from spoiling the others."""

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django.db import transaction

from analytics.details.artifacts import artifacts_of
from analytics.details.distribution import distribution_of
from analytics.details.novelty import novelty_of
from analytics.details.positions import positions_of
from analytics.reporting.scope import Scope

log = logging.getLogger(__name__)

Detail = Callable[[Scope], dict[str, Any]]

DETAILS: Mapping[str, Detail] = MappingProxyType(
    {
        "positions": positions_of,
        "distribution": distribution_of,
        "artifacts": artifacts_of,
        "novelty": novelty_of,
    }
)


def details_of(scope: Scope, table: Mapping[str, Detail] = DETAILS) -> dict[str, Any]:
    """Return every detail of a scope by its name; one that fails holds its `error` instead."""
    return {name: _tried(name, read, scope) for name, read in table.items()}


def _tried(name: str, read: Detail, scope: Scope) -> dict[str, Any]:
    try:
        with transaction.atomic():
            return read(scope)
    except Exception as error:
        log.exception("detail failed name=%s experiment=%d", name, scope.experiment.pk)
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]}
