"""Running a check within its time: one that fails says so and spoils nothing."""

import logging
import time
from collections.abc import Callable, Iterable

from django.db import connection, transaction

from analytics.engines.limits import statement_limit
from analytics.trust.facts import Facts
from analytics.trust.finding import Finding, unknown

log = logging.getLogger(__name__)

CheckFunction = Callable[[Facts], Iterable[Finding]]

STATEMENT_S = 15.0  # of one statement of a check; beyond it the check says that it does not know
BUDGET_S = 60.0  # of all checks together; what is left then waits for the next refresh


def run_checks(checks: Iterable[tuple[str, CheckFunction]], facts: Facts) -> tuple[Finding, ...]:
    """Return what the checks find, in their order, each by its code."""
    until = time.monotonic() + BUDGET_S
    found: list[Finding] = []
    for code, check in checks:
        if time.monotonic() > until:
            found.append(_failed(code, f"the checks before it took more than {BUDGET_S:g} s"))
        else:
            found += _run(code, check, facts)
    return tuple(found)


def _run(code: str, check: CheckFunction, facts: Facts) -> tuple[Finding, ...]:
    try:
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            statement_limit(cursor, STATEMENT_S),
        ):
            return tuple(check(facts))
    except Exception as error:
        # Whatever it was: the report is worth more than one of its checks.
        log.exception("check failed code=%s experiment=%d", code, facts.scope.experiment.pk)
        return (_failed(code, " ".join(str(error).split()) or type(error).__name__),)


def _failed(code: str, why: str) -> Finding:
    title = code.replace("_", " ").capitalize()
    return unknown(code, f"{title}: this could not be checked.", f"{why[:300]}.")
