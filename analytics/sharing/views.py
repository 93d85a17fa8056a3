"""The links of an experiment: made, listed and revoked by whoever may export its report."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone

from analytics.models import Exploration, ShareLink
from analytics.models.share import LABEL_LENGTH
from analytics.sharing.links import (
    DEFAULT_DAYS,
    MAX_DAYS,
    OFFERED_DAYS,
    Shared,
    create_link,
    revoke_link,
    shared_path,
)
from analytics.web.views import ReportView, find_experiment, report_url
from experiments.errors import ArmatureError
from experiments.models import Experiment
from experiments.roles import Action

SHOWN = 100  # links, and explorations to choose from
OFFICIAL = "report"
TONES = {"open": "good", "expired": "idle", "revoked": "warn"}


class LinkForm(forms.Form):
    """What the link shows, for how long, and for whom it is."""

    shows = forms.ChoiceField(label="Shows")
    days = forms.IntegerField(
        min_value=1,
        max_value=MAX_DAYS,
        initial=DEFAULT_DAYS,
        label="Days",
        widget=forms.NumberInput(attrs={"list": "days"}),
    )
    label = forms.CharField(
        max_length=LABEL_LENGTH, required=False, label="For whom (readers do not see it)"
    )

    def __init__(self, experiment: Experiment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        ready = experiment.explorations.filter(status=Exploration.Status.READY)
        rows = ready.values_list("pk", "name")[:SHOWN]
        shows: Any = self.fields["shows"]
        shows.choices = [
            (OFFICIAL, "The report as it stands"),
            *((str(pk), f"Exploration {pk}: {name}") for pk, name in rows),
        ]

    def made(self, experiment: Experiment, actor: str) -> Shared:
        """Return the link that a valid form asks for; raises ArmatureError where none can be."""
        data = self.cleaned_data
        return create_link(
            experiment=experiment,
            actor=actor,
            now=timezone.now(),
            days=data["days"],
            label=data["label"],
            exploration_id=None if data["shows"] == OFFICIAL else int(data["shows"]),
        )


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link in the list."""

    pk: int
    label: str
    shows: str
    state: str
    tone: str
    made: str
    ends: str
    opened: str
    revoked: str


class ShareLinks(ReportView):
    """The links to an experiment's report and explorations."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Return the links with who made them and how often they were opened, and the form."""
        experiment = find_experiment(request, key, Action.ANALYSE)
        return self._page(request, experiment, LinkForm(experiment))

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Make a link and show it in the answer itself: no cookie, session or log ever holds it."""
        experiment = find_experiment(request, key, Action.ANALYSE)
        form = LinkForm(experiment, request.POST)
        if not form.is_valid():
            return self._page(request, experiment, form)
        try:
            shared = form.made(experiment, request.user.get_username())
        except ArmatureError as refused:
            form.add_error(None, f"{refused}. {refused.hint or ''}".strip())
            return self._page(request, experiment, form)
        return self._page(request, experiment, LinkForm(experiment), shared)

    def _page(
        self,
        request: HttpRequest,
        experiment: Experiment,
        form: LinkForm,
        shared: Shared | None = None,
    ) -> HttpResponse:
        now = timezone.now()
        links = experiment.share_links.select_related("exploration")
        context = {
            "page_name": "reports",
            "e": experiment,
            "report_url": report_url(experiment),
            "rows": [link_row(link, now) for link in links.defer("exploration__results")[:SHOWN]],
            "form": form,
            "offered": OFFERED_DAYS,
            "address": request.build_absolute_uri(shared_path(shared.token)) if shared else "",
        }
        answer = render(request, "analytics/sharing/links.html", context)
        answer.headers["Cache-Control"] = "no-store"
        return answer


class ShareLinkRevoke(ReportView):
    """Takes a link back."""

    def post(self, request: HttpRequest, key: str, link: int) -> HttpResponseRedirect:
        """Revoke the link and go back to the list."""
        experiment = find_experiment(request, key, Action.ANALYSE)
        row = experiment.share_links.filter(pk=link).first()
        if row is None:
            raise Http404(f"This experiment has no link {link}.")
        revoke_link(link=row, actor=request.user.get_username(), now=timezone.now())
        messages.success(request, f"Link {link} opens nothing any more.")
        return redirect(report_url(experiment, "links"))


def link_row(link: ShareLink, now: datetime) -> LinkRow:
    """Return a link as the list shows it."""
    state = link.state_at(now)
    times = "once" if link.times_opened == 1 else f"{link.times_opened} times"
    last = link.last_opened_at
    return LinkRow(
        pk=link.pk,
        label=link.label,
        shows=f"exploration “{link.exploration}”" if link.exploration else _analysis(link),
        state=state,
        tone=TONES[state],
        made=f"{link.created_by}, {link.created_at:%Y-%m-%d %H:%M} UTC",
        ends=f"{link.expires_at:%Y-%m-%d %H:%M} UTC",
        opened=f"{times}, last {last:%Y-%m-%d %H:%M} UTC" if last else "never",
        revoked=f"{link.revoked_by}, {link.revoked_at:%Y-%m-%d %H:%M} UTC"
        if link.revoked_at
        else "",
    )


def _analysis(link: ShareLink) -> str:
    return f"the report, analysis {link.analysis_id}"
