"""Steps: what a button of a row's page does, after a page that says what will happen.

A GET shows that page and changes nothing; only its form, posted with the CSRF token, acts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminTextareaWidget

from experiments.admin.base import StaffAdmin, actor_of, say
from experiments.errors import ArmatureError
from experiments.roles import Action
from experiments.scoping import reaches


@dataclass(frozen=True, slots=True)
class Step:
    """A button, the page behind it, and what it does; `action`: what a role must allow for it.

    `run` gets the row, who acts and the reason; it returns the sentence shown afterwards.
    `is_done`: whether the row is as the step leaves it, so that a second click changes nothing.
    """

    name: str
    label: Callable[[Any], str]
    question: Callable[[Any], str]
    consequences: Callable[[Any], Sequence[str]]
    run: Callable[[Any, str, str], str]
    action: Action
    is_possible: Callable[[Any], bool]
    needs_reason: bool = False
    tone: str = "main"
    is_done: Callable[[Any], bool] = lambda _row: False


@dataclass(frozen=True, slots=True)
class StepLink:
    """A button as the template draws it."""

    label: str
    url: str
    tone: str
    name: str = ""


class ReasonForm(forms.Form):
    """Why a step is taken; kept with the row's history."""

    reason = forms.CharField(
        max_length=1_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept in the history, for whoever asks later.",
    )


class StepsAdmin(StaffAdmin):
    """A screen whose rows have steps."""

    steps: tuple[Step, ...] = ()
    change_form_outer_before_template = "admin/_steps.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the steps."""
        view = self.admin_site.admin_view(self.step_view)
        address = path("<path:object_id>/step/<slug:name>/", view, name=self._url_name("step"))
        return [address, *super().get_urls()]

    def _url_name(self, view: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{view}"

    def may(self, request: HttpRequest, step: Step, obj: Any) -> bool:
        """Return whether the person may take the step with this row."""
        is_seen = self.has_view_permission(request, obj)
        return is_seen and reaches(request.user, step.action, self.model, obj)

    def step_links(self, request: HttpRequest, obj: Any) -> list[StepLink]:
        """Return the buttons of a row: what is possible now, and allowed to this person."""
        name = f"admin:{self._url_name('step')}"
        return [
            StepLink(
                step.label(obj),
                reverse(name, args=[quote(obj.pk), step.name]),
                step.tone,
                step.name,
            )
            for step in self.steps
            if self.may(request, step, obj) and step.is_possible(obj)
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the row's page with its buttons."""
        context = dict(extra_context or {})
        if object_id and request.method == "GET":
            obj = self.get_object(request, unquote(object_id))
            context |= self.panel(request, obj) if obj else {}
        return super().changeform_view(request, object_id, form_url, context)

    def panel(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """Return what stands above the form."""
        return {"steps": self.step_links(request, obj)}

    def step_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask before a step, and take it when the answer is posted."""
        step = next((each for each in self.steps if each.name == name), None)
        if step is None:
            raise Http404(f"no step {name!r}")
        if not self.has_view_permission(request):
            raise PermissionDenied
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.may(request, step, obj):
            raise PermissionDenied
        if request.method == "POST" and step.is_done(obj):
            self.message_user(request, "That was done already; nothing more changed.")
            return redirect(f"admin:{self._url_name('change')}", quote(obj.pk))
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and (form.is_valid() or not step.needs_reason):
            return self._take(request, obj, step, form.cleaned_data.get("reason", ""))
        return self._ask(request, obj, step, form)

    def _take(self, request: HttpRequest, obj: Any, step: Step, reason: str) -> HttpResponse:
        try:
            with transaction.atomic():
                sentence = step.run(obj, actor_of(request), reason)
                self.log_change(request, obj, sentence)
        except ArmatureError as error:
            say(self, request, error)
        else:
            self.message_user(request, sentence, messages.SUCCESS)
        return redirect(f"admin:{self._url_name('change')}", quote(obj.pk))

    def _ask(self, request: HttpRequest, obj: Any, step: Step, form: ReasonForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": step.question(obj),
            "opts": self.opts,
            "original": obj,
            "step": step,
            "label": step.label(obj),
            "consequences": step.consequences(obj),
            "is_possible": step.is_possible(obj),
            "form": form if step.needs_reason else None,
            "back": reverse(f"admin:{self._url_name('change')}", args=[quote(obj.pk)]),
        }
        return TemplateResponse(request, "admin/step.html", context)
