"""What can be done in the registry; what changes who answers asks before, and wants a reason."""

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from experiments.admin.base import actor_of
from experiments.errors import ArmatureError
from experiments.intake.hints import queue_on_commit
from experiments.roles import Action
from recommenders import services
from recommenders.gate.findings import Finding, may_promote
from recommenders.models import Alias, Artifact, Recommender
from recommenders.tasks import measure, train_artifact
from recommenders.web.registry.asking import (
    Question,
    back_question,
    delete_question,
    promote_question,
)
from recommenders.web.registry.finding import (
    arguments,
    find_artifact,
    find_recommender,
    known_alias,
)


class ReasonForm(forms.Form):
    """Why; kept with the history."""

    reason = forms.CharField(max_length=1_000, widget=forms.Textarea(attrs={"rows": 3}))


class OverrideForm(ReasonForm):
    """Why, although the gate speaks against it."""

    override = forms.BooleanField(
        label="Promote it although it does not pass the gate",
        error_messages={"required": "Say so, or go back."},
    )


class Act(LoginRequiredMixin, View):
    """Something done to a recommender; leads back to its page, which says what came of it."""

    def back(self, recommender: Recommender) -> HttpResponse:
        """Return the way to the recommender's page."""
        return redirect("recommenders:registry-page", **arguments(recommender))


class Train(Act):
    """A training, now."""

    def post(self, request: HttpRequest, site: str, recommender: str) -> HttpResponse:
        """Queue a training, from the beginning or on from the last artifact."""
        found = find_recommender(request, site, recommender, Action.MANAGE)
        try:
            with transaction.atomic():
                artifact = services.request_training(
                    site=found.site,
                    key=found.key,
                    detail=f"by {actor_of(request)}",
                    is_warm="warm" in request.POST,
                )
                queue_on_commit(train_artifact, artifact.pk)
            messages.success(request, f"{artifact.full_name} is queued for training.")
        except ArmatureError as error:
            messages.error(request, f"{error} {error.hint or ''}".strip())
        return self.back(found)


class Measure(Act):
    """Drift and decay, measured now."""

    def post(self, request: HttpRequest, site: str, recommender: str) -> HttpResponse:
        """Queue the measurement."""
        found = find_recommender(request, site, recommender, Action.MANAGE)
        with transaction.atomic():
            queue_on_commit(measure, found.pk)
        messages.success(request, "Drift is being measured; look again in a moment.")
        return self.back(found)


class Asked(Act):
    """An act behind a page that says what will happen."""

    form_class: type[forms.Form] = ReasonForm

    def ask(self, request: HttpRequest, question: Question, form: forms.Form) -> HttpResponse:
        """Return the page that asks."""
        context = {
            "page_name": "registry",
            "question": question,
            "form": form,
            "names": arguments(question.recommender),
        }
        return render(request, "recommenders/registry/ask.html", context)

    def take(self, request: HttpRequest, question: Question) -> HttpResponse:
        """Ask, or act on a complete answer and lead back."""
        form = self.form_class(request.POST if request.method == "POST" else None)
        if request.method != "POST" or not form.is_valid():
            return self.ask(request, question, form)
        try:
            with transaction.atomic():
                question.run(reason=form.cleaned_data["reason"], by=actor_of(request))
            messages.success(request, question.done)
        except ArmatureError as error:
            messages.error(request, f"{error} {error.hint or ''}".strip())
        return self.back(question.recommender)


class Promote(Asked):
    """An alias for an artifact."""

    def get(
        self, request: HttpRequest, site: str, recommender: str, alias: str, artifact: int
    ) -> HttpResponse:
        """Ask, with what the gate found; on a POST, move the alias."""
        found = find_recommender(request, site, recommender, Action.MANAGE)
        row = find_artifact(found, artifact)
        is_held = _is_held_back(found, row, known_alias(alias))
        self.form_class = OverrideForm if is_held else ReasonForm
        return self.take(request, promote_question(row, alias, is_held))

    post = get


def _is_held_back(recommender: Recommender, artifact: Artifact, alias: str) -> bool:
    """Return whether it takes a person's word against the gate."""
    if alias == Alias.CHALLENGER:
        return False
    findings = [Finding.of(each) for each in artifact.gate]
    is_first = alias == Alias.FALLBACK or recommender.champion_id is None
    return not may_promote(findings, is_first=is_first)


class RollBack(Asked):
    """An alias back to who had it before."""

    def get(self, request: HttpRequest, site: str, recommender: str, alias: str) -> HttpResponse:
        """Ask; on a POST, move the alias back."""
        found = find_recommender(request, site, recommender, Action.MANAGE)
        earlier = services.before_now(found, known_alias(alias))
        return self.take(request, back_question(found, alias, earlier))

    post = get


class Delete(Asked):
    """An artifact that nobody needs any more."""

    def get(self, request: HttpRequest, site: str, recommender: str, artifact: int) -> HttpResponse:
        """Ask; on a POST, delete the artifact and its files."""
        found = find_recommender(request, site, recommender, Action.MANAGE)
        row = find_artifact(found, artifact)
        if row.status == Artifact.Status.TRAINING:
            raise Http404("It is being trained.")
        return self.take(request, delete_question(row))

    post = get
