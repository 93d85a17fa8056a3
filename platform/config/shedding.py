"""What may be refused so that lists are still served: pages, exports and the management first."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from experiments.api.problems import Problem, problem_response
from experiments.api.shedding import others_gate

# Lists and decisions are never refused; events have a gate of their own, behind their key's limit.
NEVER = (
    "/api/v1/recommendations",
    "/api/v1/assignments",
    "/api/v1/events",
    "/api/features/",
    "/ofrep/",
    "/v1/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/",
)
MACHINES = "/api/"


class SheddingMiddleware:
    """Lets only so many of the other requests through at once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response, or 503 with Retry-After."""
        if request.path_info.startswith(NEVER):
            return self.get_response(request)
        try:
            with others_gate.passing():
                return self.get_response(request)
        except Problem as problem:
            return _refusal(request, problem)


def _refusal(request: HttpRequest, problem: Problem) -> HttpResponse:
    if request.path_info.startswith(MACHINES):
        return problem_response(problem)
    text = "The service has too much to do at once. Load the page again in some seconds.\n"
    return HttpResponse(text, status=503, content_type="text/plain", headers=problem.headers)
