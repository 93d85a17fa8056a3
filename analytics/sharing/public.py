"""The page behind a link: open to whoever has it, the same dead end for every other address."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views import View

from analytics.sharing.links import find_link, note_opening
from analytics.sharing.page import shared_page
from experiments.api.limits import take
from experiments.api.shedding import jittered
from experiments.traffic.addresses import client_address

PER_S = 5.0  # pages of one address, with twice as many at once: a reader never gets there
TOO_FAST = "Too many pages were asked for from here. Load the page again in a while.\n"


class SharedReport(View):
    """A shared report; needs no account, sets no cookie, and is kept by nobody on the way."""

    http_method_names = ["get", "head"]

    def dispatch(self, request: HttpRequest, *args: str, **kwargs: str) -> HttpResponseBase:
        """Return the answer with what keeps its address, which is a secret, from going astray."""
        wait_s = take(f"shared {client_address(request)}", 1.0, rate=PER_S)
        if wait_s is not None:
            return _sealed(_too_fast(wait_s))
        return _sealed(super().dispatch(request, *args, **kwargs))

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Return the report read-only; of what is unknown, ended or revoked the same 404."""
        now = timezone.now()
        link = find_link(token, now=now)
        if link is None:
            return render(request, "analytics/sharing/gone.html", status=404)
        if request.method == "GET":  # a chat that looks whether the address is one opens nothing
            note_opening(link, now=now)
        page = shared_page(link, request.GET.dict())
        name = "report" if page.report else "exploration"
        context = {"shared": page, "page": page.report or page.exploration}
        return render(request, f"analytics/sharing/{name}.html", context)


def _too_fast(wait_s: float) -> HttpResponse:
    answer = HttpResponse(TOO_FAST, status=429, content_type="text/plain; charset=utf-8")
    answer.headers["Retry-After"] = str(jittered(wait_s))
    return answer


def _sealed(answer: HttpResponseBase) -> HttpResponseBase:
    patch_cache_control(answer, private=True, no_store=True)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
