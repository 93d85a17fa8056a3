"""The screen of the library of metrics."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from analytics.web.metrics.page import library_rows, tags_of
from experiments.access import can_somewhere, site_ids_of, sites_of
from experiments.roles import Action


class MetricLibrary(LoginRequiredMixin, View):
    """Every metric of the reader's sites, with what it counts and where it is used."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the page; `?tag=` shows only the metrics that have it."""
        sites = list(sites_of(request.user, Action.VIEW).order_by("name"))
        tag = request.GET.get("tag", "")
        may_edit = site_ids_of(request.user, Action.ANALYSE) if request.user.is_staff else []
        context = {
            "page_name": "metrics",
            "rows": library_rows(sites, may_edit, tag),
            "tags": tags_of(sites),
            "tag": tag,
            "has_role": can_somewhere(request.user, Action.VIEW),
            "may_add": bool(may_edit),
        }
        return render(request, "analytics/metrics.html", context)
