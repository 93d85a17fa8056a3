"""The pages of offline evaluations, for people with a role in the site."""

import csv
import io
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from experiments.access import can, can_somewhere, sites_of
from experiments.errors import ArmatureError
from experiments.intake.hints import queue_on_commit
from experiments.models import Site
from experiments.roles import Action
from experiments.spreadsheets import safe_cell
from recommenders.evaluation.definitions import METRICS
from recommenders.evaluation.exporting import rows
from recommenders.evaluation.results import results_from
from recommenders.models import Evaluation
from recommenders.services import request_evaluation
from recommenders.tasks import compute_evaluation
from recommenders.web.evaluation.asking import EvaluationForm
from recommenders.web.evaluation.page import (
    FIRST,
    asked_text,
    evaluation_view,
    heads,
    more_keys,
    state_of,
)

EARLIER = 10
USUAL = {"split": "time", "wanted": "any", "folds": "1", "k": "10"}
WORDS = {"waiting": "computing", "stopped": "no sign of life", "failed": "failed", "ready": "ready"}
TONES = {"waiting": "info", "stopped": "warn", "failed": "bad", "ready": "good"}


def find_site(request: HttpRequest, slug: str, action: Action = Action.VIEW) -> Site:
    """Return a site; Http404 where the reader may not look, PermissionDenied if not do this."""
    found = sites_of(request.user, Action.VIEW).filter(slug=slug).first()
    if found is None:
        raise Http404(f"There is no site {slug!r}.")
    if not can(request.user, action, found.pk):
        raise PermissionDenied
    return found


def find_evaluation(site: Site, pk: int) -> Evaluation:
    """Return an evaluation of the site that has results; Http404 when there is none."""
    found = Evaluation.objects.filter(site=site, pk=pk).exclude(results=None).first()
    if found is None:
        raise Http404(f"There is no evaluation {pk} with results.")
    return found


class SiteList(LoginRequiredMixin, View):
    """The reader's sites: whose recommenders are to be judged."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the list."""
        context = {
            "page_name": "registry",
            "sites": sites_of(request.user, Action.VIEW).order_by("name"),
            "has_role": can_somewhere(request.user, Action.VIEW),
        }
        return render(request, "recommenders/evaluation/sites.html", context)


class EvaluationPage(LoginRequiredMixin, View):
    """A site's evaluations: the newest, or the one that the address names, and a form for more."""

    def get(self, request: HttpRequest, site: str) -> HttpResponse:
        """Return the page; 404 for an evaluation that this site does not have."""
        found = find_site(request, site)
        return render(
            request, "recommenders/evaluation/page.html", _context(request, found, _form(found))
        )


def _form(site: Site, given: QueryDict | None = None) -> EvaluationForm:
    """Return the form, empty or with what was sent; what was left out is the usual."""
    if given is None:
        return EvaluationForm(site, initial=USUAL)
    whole = given.copy()
    for name, value in USUAL.items():
        whole.setdefault(name, value)
    return EvaluationForm(site, whole)


def _context(request: HttpRequest, site: Site, form: EvaluationForm) -> dict[str, Any]:
    now = timezone.now()
    kept = Evaluation.objects.filter(site=site).select_related("site")
    shown = _shown(request, kept)
    return {
        "page_name": "registry",
        "site": site,
        "form": form,
        "view": evaluation_view(shown, now) if shown else None,
        "earlier": [
            {
                "pk": row.pk,
                "asked": asked_text(row),
                "word": WORDS[state_of(row, now)],
                "tone": TONES[state_of(row, now)],
            }
            for row in kept.defer("results")[:EARLIER]
            if shown is None or row.pk != shown.pk
        ],
        "heads": heads(FIRST),
        "more_heads": heads(more_keys()),
        "definitions": METRICS,
        "may_analyse": can(request.user, Action.ANALYSE, site.pk),
    }


def _shown(request: HttpRequest, kept: Any) -> Evaluation | None:
    """Return the evaluation that the address names, else the newest, None without any."""
    wanted = request.GET.get("evaluation")
    if wanted is None:
        newest: Evaluation | None = kept.first()
        return newest
    is_number = wanted.isascii() and wanted.isdecimal() and len(wanted) < 18
    found: Evaluation | None = kept.filter(pk=int(wanted)).first() if is_number else None
    if found is None:
        raise Http404("This site has no such evaluation.")
    return found


class AskEvaluation(LoginRequiredMixin, View):
    """Asks for an evaluation."""

    def post(self, request: HttpRequest, site: str) -> HttpResponse:
        """Queue it and go back to the page, which shows how far it is; says why it cannot be."""
        found = find_site(request, site, Action.ANALYSE)
        form = _form(found, request.POST)
        if not form.is_valid():
            messages.error(request, f"Nothing was asked for. {form.said()}")
            context = _context(request, found, form)
            return render(request, "recommenders/evaluation/page.html", context, status=400)
        return self._ask(request, found, form)

    def _ask(self, request: HttpRequest, site: Site, form: EvaluationForm) -> HttpResponseRedirect:
        try:
            with transaction.atomic():
                row = request_evaluation(
                    site=site,
                    keys=form.cleaned_data["keys"],
                    design=form.design(),
                    k=form.cleaned_data["k"],
                    actor=str(request.user),
                )
                queue_on_commit(compute_evaluation, row.pk)
        except ArmatureError as refused:
            messages.error(
                request, f"Nothing was asked for: {refused}. {refused.hint or ''}".strip()
            )
        return redirect(reverse("recommenders:evaluation-page", kwargs={"site": site.slug}))


class EvaluationCsv(LoginRequiredMixin, View):
    """An evaluation's figures as CSV."""

    def get(self, request: HttpRequest, site: str, evaluation: int) -> HttpResponse:
        """Return one row per figure; text cells cannot become formulas."""
        found = find_site(request, site, Action.ANALYSE)
        kept = find_evaluation(found, evaluation)
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_NONNUMERIC).writerows(
            [safe_cell(cell) if isinstance(cell, str) else cell for cell in row]
            for row in rows(results_from(kept.results or {}))
        )
        response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
        name = f"{found.slug}-evaluation-{kept.pk}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class EvaluationJson(LoginRequiredMixin, View):
    """An evaluation as JSON."""

    def get(self, request: HttpRequest, site: str, evaluation: int) -> JsonResponse:
        """Return what was asked and everything that was found, every pair included."""
        kept = find_evaluation(find_site(request, site, Action.ANALYSE), evaluation)
        body = {
            "evaluation": kept.pk,
            "asked": asked_text(kept),
            "until": kept.until.isoformat(),
            "code_version": kept.code_version,
            "results": kept.results,
        }
        return JsonResponse(body, json_dumps_params={"indent": 1})
