"""What the OpenAPI document says of this room's plain views, which no framework can inspect."""

from dataclasses import dataclass
from typing import Any

from experiments.api import examples
from experiments.api.answers import Assignments, Explanations
from experiments.intake.accepting import Receipt
from experiments.intake.shapes import AssignmentRequest, EventBatch, EventIn


@dataclass(frozen=True, slots=True)
class Operation:
    """One `POST`: its path, the shapes of body and answer, and an example of each.

    `replaced` puts another shape where a request's own one is read later, by its property's name.
    """

    path: str
    operation_id: str
    summary: str
    description: str
    request: type
    response: type
    status: int
    example: dict[str, Any]
    answer: dict[str, Any]
    statuses: tuple[int, ...] = ()
    replaced: tuple[tuple[str, type], ...] = ()

    @property
    def tag(self) -> str:
        """Return the group that the document shows the operation in."""
        return self.path.rsplit("/", 1)[-1]


OPERATIONS = (
    Operation(
        path="/api/v1/events",
        operation_id="events_create",
        summary="Send events",
        description=(
            "Up to 500 events or 1 MiB, gzip if you like. What is accepted is committed before"
            " the answer. Each event is judged alone: a bad one never fails its neighbours, and is"
            " kept in quarantine with its reason. Sending an event again is always safe: its id"
            " counts once. Of repeated names in an object the last one counts. A beacon, which"
            " cannot send headers, sends `text/plain` to `/api/v1/events?key=pk_…`. With"
            " `context.sent_at` a clock that is wrong by more than five minutes is corrected; a"
            " server may pass on its visitor's `context.user_agent`, by which declared bots are"
            " known and left out."
        ),
        request=EventBatch,
        response=Receipt,
        status=202,
        example=examples.EVENTS,
        answer=examples.RECEIPT,
        replaced=(("events", EventIn),),
    ),
    Operation(
        path="/api/v1/assignments",
        operation_id="assignments_read",
        summary="Ask for assignments",
        description=(
            "Which variants a unit belongs to, with reasons. Nothing is recorded. `force` takes the"
            " token of a link (`armature_force` in the page's address), `kept` the tokens of sticky"
            " experiments, `qa` is for testers with a secret key; what is forced or asked as a"
            " tester is never counted."
        ),
        request=AssignmentRequest,
        response=Assignments,
        status=200,
        example=examples.ASSIGNMENT,
        answer=examples.ASSIGNMENTS,
        statuses=(404,),
    ),
    Operation(
        path="/api/v1/assignments/explain",
        operation_id="assignments_explain",
        summary="Ask why",
        description=(
            "Every step of each decision with what it looked at. Conditions and testers show, so"
            " this takes a secret key with the scope `experiments`."
        ),
        request=AssignmentRequest,
        response=Explanations,
        status=200,
        example=examples.ASSIGNMENT,
        answer=examples.EXPLANATIONS,
        statuses=(404,),
    ),
)
