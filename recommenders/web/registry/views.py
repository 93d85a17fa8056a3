"""The registry's screens, for people with a role in the recommender's site."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from experiments.access import can, can_somewhere
from experiments.roles import Action
from experiments.scoping import within
from recommenders.models import Artifact, Recommender
from recommenders.web.registry.finding import HOLDERS, arguments, find_recommender
from recommenders.web.registry.page import list_row, registry_view


class RegistryList(LoginRequiredMixin, View):
    """The recommenders of the reader's sites, each with how it is."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the list, by site and key; as many queries for many as for one."""
        now = timezone.now()
        rows = within(Recommender.objects.all(), request.user, Action.VIEW)
        recommenders = list(rows.select_related("site", *HOLDERS))
        newest = _newest(recommenders)
        context = {
            "page_name": "registry",
            "is_list": True,
            "rows": [list_row(each, newest.get(each.pk), now) for each in recommenders],
            "has_role": can_somewhere(request.user, Action.VIEW),
            "may_manage": can_somewhere(request.user, Action.MANAGE),
        }
        return render(request, "recommenders/registry/list.html", context)


def _newest(recommenders: list[Recommender]) -> dict[int, Artifact]:
    """Return the last artifact of each recommender."""
    rows = Artifact.objects.filter(recommender__in=recommenders).order_by("recommender_id", "pk")
    rows = rows.select_related("site").defer("manifest", "metrics", "gate")
    return {row.recommender_id: row for row in rows}


class RegistryPage(LoginRequiredMixin, View):
    """One recommender: its aliases, versions, history and drift."""

    def get(self, request: HttpRequest, site: str, recommender: str) -> HttpResponse:
        """Return the page."""
        found = find_recommender(request, site, recommender)
        context = {
            "page_name": "registry",
            "recommender": found,
            "names": arguments(found),
            "view": registry_view(found, timezone.now()),
            "may_manage": can(request.user, Action.MANAGE, found.site_id),
        }
        return render(request, "recommenders/registry/page.html", context)
