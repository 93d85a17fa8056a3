"""Subjects: what is held on one visitor or account, handed out or erased, and who was erased.

Every question is posted: an id in an address would stay in histories and in the logs of proxies.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from experiments.access import sites_of
from experiments.admin.base import actor_of, text_of
from experiments.errors import ArmatureError, InvalidInput
from experiments.models import Erasure, Experiment, Site
from experiments.roles import Action
from experiments.subjects.access import access_document, counts_of
from experiments.subjects.erasure import (
    ask_erasure,
    erasure_of,
    erasures_of,
    lift_erasure,
    removed_by,
)
from experiments.subjects.subject import Subject, subject_of
from experiments.tasks import queue_erasures
from experiments.web.fields import text
from experiments.web.moments import moment_text

ADDRESS = "admin:experiments_experiment_subjects"
SHOWN = 50  # erasures on the page; the API lists all


class SubjectForm(forms.Form):
    """Whose data are meant."""

    site = forms.ModelChoiceField(queryset=Site.objects.none(), empty_label=None)
    unit_type = forms.ChoiceField(choices=Experiment.UnitType.choices, label="What the id is of")
    unit_id = text(longest=256, strip=False, label="Id", help_text="As the shop sends it.")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites: Any = self.fields["site"]
        sites.queryset = sites_of(user, Action.SUBJECTS).order_by("name")

    def clean(self) -> dict[str, Any]:
        """Refuse an id that no row could hold."""
        data = super().clean() or {}
        if not self.errors:
            try:
                data["subject"] = subject_of(
                    site=data["site"], unit_type=data["unit_type"], unit_id=data["unit_id"]
                )
            except InvalidInput as error:
                self.add_error("unit_id", str(error))
        return data


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """An erasure as the page lists it."""

    pk: int
    name: str
    digest: str
    site: str
    who: str
    when: str
    word: str
    tone: str
    removed: str
    is_done: bool


def subjects_page(request: HttpRequest) -> HttpResponse:
    """Show the search and the erasures; do what a button says."""
    if request.method != "POST":
        return _page(request, SubjectForm(user=request.user))
    if request.POST.get("do") == "lift":
        return _lift(request)
    form = SubjectForm(request.POST, user=request.user)
    if not form.is_valid():
        return _page(request, form)
    acts: dict[str, Act] = {"download": _download, "erase": _erase}
    act = acts.get(request.POST.get("do", ""), _look)
    return act(request, form, form.cleaned_data["subject"])


Act = Callable[[HttpRequest, SubjectForm, Subject], HttpResponse]


def _look(request: HttpRequest, form: SubjectForm, subject: Subject) -> HttpResponse:
    erasure = erasure_of(subject)
    found = {
        "subject": subject,
        "counts": sorted(counts_of(subject).items()),
        "erasure": row_of(erasure) if erasure else None,
        "is_account": subject.unit_type == Experiment.UnitType.ACCOUNT,
    }
    return _page(request, form, **found)


def _download(request: HttpRequest, _form: SubjectForm, subject: Subject) -> HttpResponse:
    pieces = access_document(subject=subject, actor=actor_of(request))
    name = f"{subject.site.slug}-{subject.unit_type}-{subject.digest[:12]}.json"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    # A streaming response is a kind of its own to Django's types, and a response to its handlers.
    response: Any = StreamingHttpResponse(pieces, content_type="application/json", headers=headers)
    return response


def _erase(request: HttpRequest, form: SubjectForm, subject: Subject) -> HttpResponse:
    if request.POST.get("again") != subject.given:
        form.add_error(None, "Nothing was erased: write the same id once more to confirm.")
        return _look(request, form, subject)
    is_account = subject.unit_type == Experiment.UnitType.ACCOUNT
    linked = "linked" in request.POST if is_account else None
    asked = ask_erasure(subject=subject, actor=actor_of(request), linked=linked)
    queue_erasures(asked)
    more = f", with {len(asked) - 1} of its visitors," if len(asked) > 1 else ""
    messages.success(
        request,
        f"The {subject.unit_type}{more} is left out from now on; its rows go within a minute.",
    )
    return redirect(ADDRESS)


def _lift(request: HttpRequest) -> HttpResponse:
    asked = request.POST.get("erasure", "")
    pk = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 18 else 0
    rows = Erasure.objects.filter(site__in=sites_of(request.user, Action.SUBJECTS), pk=pk)
    erasure = rows.select_related("site").first()
    if erasure is None:
        raise Http404("There is no such erasure.")
    reason = request.POST.get("reason", "").strip()[:1_000]
    try:
        if not reason:
            raise InvalidInput("write down why: who came back, and agreed to what")
        lift_erasure(erasure=erasure, actor=actor_of(request), reason=reason)
    except ArmatureError as error:
        messages.error(request, text_of(error))
    else:
        messages.success(request, "What the unit does is recorded again from now on.")
    return redirect(ADDRESS)


def _page(request: HttpRequest, form: SubjectForm, **found: Any) -> HttpResponse:
    sites = sites_of(request.user, Action.SUBJECTS)
    rows = erasures_of(sites.values("pk")).select_related("site")[:SHOWN]
    context = {
        **admin.site.each_context(request),
        "title": "Subjects",
        "form": form,
        "has_sites": sites.exists(),
        "erasures": [row_of(each) for each in rows],
        **found,
    }
    response = TemplateResponse(request, "experiments/subjects.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def row_of(erasure: Erasure) -> ErasureRow:
    """Return an erasure in words."""
    tone, word = "info", "under way"
    if erasure.finished_at:
        tone, word = "good", f"done {moment_text(erasure.finished_at, erasure.site)}"
    elif erasure.error:
        tone, word = "warn", erasure.error
    removed = removed_by(erasure)
    return ErasureRow(
        pk=erasure.pk,
        name=erasure.unit_type,
        digest=erasure.digest[:12],
        site=erasure.site.name,
        who=erasure.actor,
        when=moment_text(erasure.asked_at, erasure.site),
        word=word,
        tone=tone,
        removed=", ".join(f"{name} {count:,}" for name, count in sorted(removed.items())),
        is_done=erasure.finished_at is not None,
    )
