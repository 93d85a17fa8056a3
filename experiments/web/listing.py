"""The list of experiments: its filters as a plain form, its rows, and the views people keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from experiments.access import can_somewhere
from experiments.admin.panel import TONES, day_text, report_url
from experiments.lifecycle import Status
from experiments.models import DecisionRecord, Experiment, Placement, SavedView
from experiments.roles import Action
from experiments.scoping import within
from experiments.web.moments import day_text as day_of

UNDECIDED = "undecided"
OUTCOMES = [(value, value) for value in DecisionRecord.Outcome.values]
SEARCH = "q"
# Parameter of the address → label of its field.
FILTERS = {
    "status__exact": "Status",
    "placement__id__exact": "Placement",
    "owner__id__exact": "Owner",
    "outcome": "Outcome",
}
LONGEST = 1_000


class OutcomeFilter(admin.SimpleListFilter):
    """What was decided, or that it still has to be."""

    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the outcomes."""
        return [*OUTCOMES, (UNDECIDED, "ended, undecided")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        """Return the experiments with this outcome."""
        if self.value() == UNDECIDED:
            return queryset.filter(status=Status.ENDED, decision_record=None)
        if self.value() in DecisionRecord.Outcome.values:
            return queryset.filter(decision_record__outcome=self.value())
        return None


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a filter."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter as a labelled field."""

    name: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """An experiment of the list."""

    name: str
    key: str
    url: str
    status: str
    tone: str
    where: str
    owner: str
    run: str
    outcome: str
    report_url: str


@dataclass(frozen=True, slots=True)
class View:
    """A saved view as a link."""

    pk: int
    name: str
    url: str
    is_current: bool


def cleaned_query(request: HttpRequest) -> str | None:
    """Return the address's query without empty fields, None when it has none: forms send them."""
    pairs = [(name, value) for name, values in request.GET.lists() for value in values]
    kept = [(name, value) for name, value in pairs if value != ""]
    return urlencode(kept) if len(kept) < len(pairs) else None


def list_context(request: HttpRequest, found: Any) -> dict[str, Any]:
    """Return what the list shows besides what Django's own, `found`, knows."""
    is_filtered = bool(request.GET.get(SEARCH)) or any(request.GET.get(name) for name in FILTERS)
    return {
        "rows": [row_of(row) for row in found.result_list],
        **page_links(found),
        "filters": filters_of(request),
        "search": request.GET.get(SEARCH, ""),
        "is_filtered": is_filtered,
        "views": views_of(request),
        "query": kept_query(request.META.get("QUERY_STRING", "")),
        "new_url": reverse("admin:experiments_experiment_add")
        if can_somewhere(request.user, Action.EDIT)
        else "",
    }


def page_links(found: Any) -> dict[str, str]:
    """Return the addresses of the pages before and after; "" where there is none."""
    number, last = found.page_num, found.paginator.num_pages
    before = found.get_query_string({"p": number - 1}) if number > 1 else ""
    after = found.get_query_string({"p": number + 1}) if number < last else ""
    return {"before_url": before, "after_url": after}


def filters_of(request: HttpRequest) -> list[Filter]:
    """Return the filters with their options; each names only what is within reach."""
    mine = within(Experiment.objects.all(), request.user, Action.VIEW)
    places = within(Placement.objects.select_related("site"), request.user, Action.VIEW)
    owners = get_user_model().objects.filter(pk__in=mine.values("owner")).order_by("username")
    options: dict[str, list[tuple[str, str]]] = {
        "status__exact": [(each.value, each.value) for each in Status],
        "placement__id__exact": [(str(p.pk), f"{p.name} · {p.site.name}") for p in places],
        "owner__id__exact": [(str(each.pk), each.get_username()) for each in owners],
        "outcome": [*OUTCOMES, (UNDECIDED, "ended, undecided")],
    }
    return [_filter(name, options[name], request.GET.get(name, "")) for name in FILTERS]


def _filter(name: str, options: Sequence[tuple[str, str]], chosen: str) -> Filter:
    choices = tuple(Choice(value, label, value == chosen) for value, label in options)
    return Filter(name, FILTERS[name], choices)


def row_of(experiment: Experiment) -> Row:
    """Return a row; its relations have to be fetched already."""
    record: DecisionRecord | None = getattr(experiment, "decision_record", None)
    return Row(
        name=experiment.name,
        key=experiment.key,
        url=reverse("admin:experiments_experiment_change", args=[experiment.pk]),
        status="killed" if experiment.is_killed else experiment.status,
        tone="bad" if experiment.is_killed else TONES[Status(experiment.status)],
        where=f"{experiment.place}, {experiment.site.name}",
        owner=experiment.owner.get_username() if experiment.owner else "–",
        run=day_text(experiment),
        outcome=f"{record.outcome}, {day_of(record.at, experiment.site)}" if record else "–",
        report_url=report_url(experiment) if experiment.started_at else "",
    )


def views_of(request: HttpRequest) -> list[View]:
    """Return this person's saved views."""
    user: Any = request.user
    address = reverse("admin:experiments_experiment_changelist")
    now = kept_query(request.META.get("QUERY_STRING", ""))
    return [
        View(each.pk, each.name, f"{address}?{each.query}", each.query == now)
        for each in SavedView.objects.filter(user=user)
    ]


def kept_query(query: str) -> str:
    """Return what of an address's query a view keeps: search and filters, in one order.

    >>> kept_query("outcome=won&p=3&q=home&evil=1")
    'q=home&outcome=won'
    """
    given = dict(parse_qsl(query[: 4 * LONGEST]))
    kept = [(name, given[name]) for name in (SEARCH, *FILTERS) if given.get(name)]
    return urlencode(kept)[:LONGEST]
