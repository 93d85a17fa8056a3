"""Explorations on the screen: asked by a form, each at an address of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from analytics import services
from analytics.explorations import Question, described
from analytics.models import Exploration
from analytics.selectors import newest_metrics
from analytics.tasks import compute_exploration
from analytics.web.choices import Choice, Option, effect_options, level_options
from analytics.web.groups import GroupView, groups_of
from analytics.web.series import SeriesView, series_of
from analytics.web.times import moment_text
from analytics.web.views import ReportView, find_experiment, report_url
from experiments.access import can
from experiments.errors import ArmatureError
from experiments.intake.hints import queue_on_commit
from experiments.models import Experiment
from experiments.roles import Action

SHOWN = 50  # of the newest ones
ATTRIBUTES = 2  # that the form offers; the interface takes more


def a_day() -> forms.DateInput:
    """Return the browser's own field for a day; it sends and shows ISO dates alone."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class QuestionForm(forms.Form):
    """Which units, days and metrics to look at, and what to judge differently."""

    name = forms.CharField(max_length=200, required=False, label="Name")
    attribute_1 = forms.CharField(max_length=64, required=False, label="Attribute, e.g. device")
    value_1 = forms.CharField(max_length=256, required=False, label="is")
    attribute_2 = forms.CharField(max_length=64, required=False, label="And attribute")
    value_2 = forms.CharField(max_length=256, required=False, label="is")
    day_from = forms.DateField(required=False, label="First exposed since", widget=a_day())
    day_to = forms.DateField(required=False, label="First exposed until", widget=a_day())
    metrics = forms.MultipleChoiceField(required=False, label="Metrics, the report’s if none")
    without_history = forms.BooleanField(required=False, label="Without history (CUPED)")
    without_cap = forms.BooleanField(required=False, label="Without the cap of extremes")

    def __init__(self, experiment: Experiment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        rows = newest_metrics(experiment.site_id)
        metrics: Any = self.fields["metrics"]
        metrics.choices = [(row.key, row.name) for row in rows]

    @property
    def question(self) -> Question:
        """Return the question of a valid form."""
        data = self.cleaned_data
        settings = {"uses_cuped": False} if data["without_history"] else {}
        settings |= {"uses_winsor": False} if data["without_cap"] else {}
        return Question(
            segment=self._segment(),
            day_from=data["day_from"].isoformat() if data["day_from"] else "",
            day_to=data["day_to"].isoformat() if data["day_to"] else "",
            metrics=tuple(data["metrics"]),
            settings=settings,
        )

    def _segment(self) -> dict[str, str | bool | int]:
        pairs = [
            (self.cleaned_data[f"attribute_{i}"], self.cleaned_data[f"value_{i}"])
            for i in range(1, ATTRIBUTES + 1)
        ]
        return {name: plain(value) for name, value in pairs if name}


def plain(text: str) -> str | bool | int:
    """Return what a reader wrote as the value that an attribute may have.

    >>> plain("true"), plain("12"), plain("mobile")
    (True, 12, 'mobile')
    """
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return int(text) if text.isascii() and text.isdecimal() else text


@dataclass(frozen=True, slots=True)
class Row:
    """An exploration in the list."""

    name: str
    url: str
    state: str
    asked: str
    question: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An exploration with its numbers, as the report's own templates show them."""

    row: Exploration
    question: tuple[str, ...]
    as_of: str
    units: tuple[tuple[str, int], ...] = ()
    groups: tuple[GroupView, ...] = ()
    series: SeriesView | None = None
    effects: tuple[Option, ...] = ()
    levels: tuple[Option, ...] = ()


def exploration_url(row: Exploration) -> str:
    """Return the address of an exploration, with its site."""
    path = reverse("reports:exploration", args=[row.experiment.key, row.pk])
    return f"{path}?site={row.experiment.site.slug}"


class Explorations(ReportView):
    """What was asked of an experiment beside its report."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Return the newest explorations, and the form for another to who may ask."""
        experiment = find_experiment(request, key)
        return self._page(request, experiment, QuestionForm(experiment))

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Ask, and go to the answer; say at the form what cannot be asked."""
        experiment = find_experiment(request, key, Action.ANALYSE)
        form = QuestionForm(experiment, request.POST)
        if not form.is_valid():
            return self._page(request, experiment, form)
        try:
            with transaction.atomic():
                row = services.request_exploration(
                    experiment=experiment,
                    question=form.question,
                    name=form.cleaned_data["name"],
                    user=request.user,
                )
                queue_on_commit(compute_exploration, row.pk)
        except ArmatureError as refused:
            form.add_error(None, f"{refused}. {refused.hint or ''}".strip())
            return self._page(request, experiment, form)
        messages.success(request, "The exploration is being computed.")
        return redirect(exploration_url(row))

    def _page(
        self, request: HttpRequest, experiment: Experiment, form: QuestionForm
    ) -> HttpResponse:
        rows = experiment.explorations.select_related("experiment__site")
        context = {
            "page_name": "reports",
            "e": experiment,
            "report_url": report_url(experiment),
            "rows": [_row(row) for row in rows.defer("results", "moments", "sql")[:SHOWN]],
            "form": form,
            "may_analyse": can(request.user, Action.ANALYSE, experiment.site_id),
        }
        return render(request, "analytics/explorations.html", context)


class ExplorationPage(ReportView):
    """One exploration."""

    def get(self, request: HttpRequest, key: str, exploration: int) -> HttpResponse:
        """Return the answer, or how far it is; nothing on it is official."""
        experiment = find_experiment(request, key)
        row = experiment.explorations.filter(pk=exploration).first()
        if row is None:
            raise Http404(f"There is no exploration {exploration} of this experiment.")
        context = {
            "page_name": "reports",
            "e": experiment,
            "report_url": report_url(experiment),
            "list_url": report_url(experiment, "explorations"),
            "page": answer_of(experiment, row, request.GET.dict()),
        }
        return render(request, "analytics/exploration.html", context)


def answer_of(experiment: Experiment, row: Exploration, query: Mapping[str, str]) -> Answer:
    """Return an exploration as its page shows it, in the reader's view."""
    found = Answer(row, _question(experiment, row), moment_text(experiment, row.data_cut_us))
    results = row.report
    if not results:
        return found
    choice = Choice.of(query, str(row.settings.get("level", 95)))
    return Answer(
        row=row,
        question=found.question,
        as_of=found.as_of,
        units=tuple((each["name"], each["units"]) for each in results["variants"]),
        groups=groups_of(results, choice),
        series=series_of(results, query, choice),
        effects=effect_options(query, choice),
        levels=level_options(query, choice),
    )


def _row(row: Exploration) -> Row:
    experiment = row.experiment
    return Row(
        name=row.name,
        url=exploration_url(row),
        state=row.status,
        asked=f"{row.created_at:%Y-%m-%d %H:%M} UTC",
        question=_question(experiment, row),
    )


def _question(experiment: Experiment, row: Exploration) -> tuple[str, ...]:
    names = {each["key"]: each.get("name", each["key"]) for each in row.report.get("metrics", ())}
    return tuple(described(Question.from_dict(row.question), names)) or ("all units",)
