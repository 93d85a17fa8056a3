"""Is the process alive, and can it do its whole job? Degraded is still ready."""

from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, JsonResponse

from experiments.health.services import ANSWER_S, cached, database
from experiments.health.waiting import FINE_S, LATE_S, oldest_waiting, spooled
from experiments.intake.patience import bounded_wait


@dataclass(frozen=True, slots=True)
class Part:
    """How one part is: `ok` or a word for what is wrong, and the numbers behind it."""

    state: str
    numbers: dict[str, Any]


def alive(_request: HttpRequest) -> JsonResponse:
    """Answer as long as the process can."""
    return JsonResponse({"status": "ok"})


def ready(_request: HttpRequest) -> JsonResponse:
    """Tell how each part is; lists are served from memory without any of them.

    `events.oldest_received_at` names the batch that waits longest: while it stays the same,
    nothing is applied.
    """
    dependencies = {"database": _reached(database().state), "cache": _reached(cached().state)}
    parts = {"events": _events(dependencies["database"]), "spool": _spool()}
    states = [*dependencies.values(), *(part.state for part in parts.values())]
    answer = {
        "status": "ok" if all(state == "ok" for state in states) else "degraded",
        "dependencies": dependencies,
        **{name: {"state": part.state, **part.numbers} for name, part in parts.items()},
    }
    return JsonResponse(answer)


def _reached(state: str) -> str:
    return "ok" if state == "ok" else "unreachable"


def _events(database_state: str) -> Part:
    """Return how old the oldest waiting batch is, which no one knows without the database."""
    unknown = Part("unknown", {"oldest_age_s": None, "oldest_received_at": None})
    if database_state != "ok":
        return unknown
    try:
        with bounded_wait(ANSWER_S):
            oldest = oldest_waiting()
    except (DatabaseError, InterfaceError):
        return unknown
    if oldest is None:
        return Part("ok", {"oldest_age_s": 0.0, "oldest_received_at": None})
    return Part(
        _age_state(oldest.age_s),
        {
            "oldest_age_s": round(oldest.age_s, 3),
            "oldest_received_at": oldest.received_at.isoformat(),
        },
    )


def _age_state(age_s: float) -> str:
    if age_s < FINE_S:
        return "ok"
    return "degraded" if age_s < LATE_S else "failed"


def _spool() -> Part:
    held = spooled()
    numbers = {"files": held.files, "bytes": held.bytes, "lost": held.lost}
    if held.lost:
        return Part("failed", numbers)
    return Part("degraded" if held.files else "ok", numbers)
