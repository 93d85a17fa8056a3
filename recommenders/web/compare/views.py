"""The pages that compare lists, for people with a role in the site."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from csp.decorators import csp_update
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View

from experiments.access import can, can_somewhere, sites_of
from experiments.errors import ArmatureError
from experiments.intake.hints import queue_on_commit
from experiments.models import Placement, Site
from experiments.roles import Action
from recommenders.comparing.columns import columns_of
from recommenders.comparing.sample import Question, request_comparison
from recommenders.comparing.shoppers import Recent, recent_of
from recommenders.models import Comparison
from recommenders.tasks import compare_lists
from recommenders.web.compare.asking import (
    HISTORY,
    MOST_K,
    SHOPPERS,
    UNIT,
    Asked,
    Shopper,
    read_question,
    shopper_of,
)
from recommenders.web.compare.export import csv_rows, document
from recommenders.web.compare.page import ColumnView, column_views
from recommenders.web.compare.sampled import sample_view

# Pictures lie where the shop keeps them.
PICTURES = {"img-src": ["https:", "http:"]}


def find_site(request: HttpRequest, slug: str, action: Action = Action.VIEW) -> Site:
    """Return a site; Http404 where the reader may not look, PermissionDenied if not do this."""
    found = sites_of(request.user, Action.VIEW).filter(slug=slug).first()
    if found is None:
        raise Http404(f"There is no site {slug!r}.")
    if not can(request.user, action, found.pk):
        raise PermissionDenied
    return found


@dataclass(frozen=True, slots=True)
class Compared:
    """A question with whom it is for, None when nobody is there, and the columns."""

    asked: Asked
    shopper: Shopper | None
    columns: list[ColumnView]

    @property
    def query(self) -> str:
        """Return the query of a link that always asks for the same shopper."""
        return self.asked.address(self.shopper.unit if self.shopper else None)


def compared(request: HttpRequest, site: Site) -> Compared:
    """Return what the address asks for, answered by every column."""
    asked = read_question(request.GET, site)
    recent: Recent = recent_of(site)
    shopper = None if _lacks_shopper(asked) else shopper_of(asked, recent)
    columns = column_views(asked, shopper, recent) if shopper else []
    return Compared(asked, shopper, columns)


def _lacks_shopper(asked: Asked) -> bool:
    return asked.who in (UNIT, HISTORY) and not asked.value


class SiteList(LoginRequiredMixin, View):
    """The reader's sites: in which one lists are to be compared."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the list."""
        context = {
            "page_name": "registry",
            "sites": sites_of(request.user, Action.VIEW).order_by("name"),
            "has_role": can_somewhere(request.user, Action.VIEW),
        }
        return render(request, "recommenders/compare/sites.html", context)


@method_decorator(csp_update(PICTURES), name="dispatch")
class ComparePage(LoginRequiredMixin, View):
    """One shopper's lists side by side, and the same over a sample; read-only."""

    def get(self, request: HttpRequest, site: str) -> HttpResponse:
        """Return the page; 400 with what was wrong when the address asks for nonsense."""
        found = find_site(request, site)
        shown = compared(request, found)
        context = _context(shown, request) | _sample(shown.asked, request)
        status = 400 if shown.asked.errors and request.GET else 200
        return render(request, "recommenders/compare/page.html", context, status=status)


def _context(shown: Compared, request: HttpRequest) -> dict[str, Any]:
    asked = shown.asked
    return {
        "page_name": "registry",
        "site": asked.site,
        "asked": asked,
        "shopper": shown.shopper,
        "columns": shown.columns,
        "shoppers": SHOPPERS.items(),
        "offered": columns_of(asked.site),
        "placements": Placement.objects.filter(site=asked.site).values_list("key", flat=True),
        "most_k": MOST_K,
        "query": shown.query,
        "again": f"{asked.address(None)}&draw={asked.draw + 1}",
        "may_analyse": can(request.user, Action.ANALYSE, asked.site.pk),
    }


def _sample(asked: Asked, request: HttpRequest) -> dict[str, Any]:
    """Return the newest comparison of these columns over a sample, if there is one."""
    rows = Comparison.objects.filter(site=asked.site).order_by("-id")
    row = next((row for row in rows if Question.of(row) == asked.question), None)
    return {"sample": sample_view(row, asked.site) if row else None}


class CompareSample(LoginRequiredMixin, View):
    """Asks for the comparison over a sample."""

    def post(self, request: HttpRequest, site: str) -> HttpResponseRedirect:
        """Queue it and go back to the page, which shows how far it is; says why it cannot be."""
        found = find_site(request, site, Action.ANALYSE)
        asked = read_question(request.POST, found)
        try:
            with transaction.atomic():
                row = request_comparison(site=found, question=asked.question)
                queue_on_commit(compare_lists, row.pk)
        except ArmatureError as refused:
            messages.error(
                request, f"Nothing was compared: {refused}. {refused.hint or ''}".strip()
            )
        url = reverse("recommenders:compare-page", kwargs={"site": found.slug})
        return redirect(f"{url}?{asked.address(None)}#sample")


class CompareCsv(LoginRequiredMixin, View):
    """The columns as CSV."""

    def get(self, request: HttpRequest, site: str) -> HttpResponse:
        """Return one row per column and item; text cells cannot become formulas."""
        found = find_site(request, site, Action.ANALYSE)
        out = io.StringIO()
        writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerows(csv_rows(compared(request, found).columns))
        response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{found.slug}-lists.csv"'
        return response


class CompareJson(LoginRequiredMixin, View):
    """The columns as JSON."""

    def get(self, request: HttpRequest, site: str) -> JsonResponse:
        """Return every column with its items."""
        shown = compared(request, find_site(request, site, Action.ANALYSE))
        said = shown.shopper.said if shown.shopper else ""
        return JsonResponse(
            document(shown.columns, shown.query, said), json_dumps_params={"indent": 1}
        )
