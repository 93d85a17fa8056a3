"""Links that show one variant to whoever opens them, and what testers have met so far."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from experiments.access import can
from experiments.admin.base import text_of
from experiments.errors import ArmatureError
from experiments.links import DEFAULT_DAYS, MAX_DAYS, PARAMETER, can_be_shown, make_force_link
from experiments.models import Experiment
from experiments.roles import Action
from experiments.selectors import exposure_counts
from experiments.web.acts import Act, render, visible
from experiments.web.fields import text, whole
from experiments.web.life import FAR_FUTURE_US, variant_rows
from experiments.web.moments import moment_text


class LinkForm(forms.Form):
    """Which variant, on which page, for how long."""

    variant = forms.ChoiceField()
    page = text(
        longest=1_000,
        required=False,
        label="Page of the shop",
        widget=forms.TextInput(attrs={"type": "url", "placeholder": "https://shop.example/"}),
        help_text="Left empty, you get the token alone, to add to an address yourself.",
    )
    days = whole(1, MAX_DAYS, label="Days", initial=DEFAULT_DAYS, help_text=f"1 to {MAX_DAYS}.")

    def __init__(self, *args: Any, experiment: Experiment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["variant"]
        chosen.choices = [(each.key, each.name) for each in experiment.variants.all()]


class LinksAct(Act):
    """Makes links; nothing is stored, so none is taken back."""

    name = "links"
    label = "Preview links"
    action = Action.EDIT

    def title(self, experiment: Experiment) -> str:
        """Return what the page is for."""
        return f"Preview “{experiment.name}”"

    def is_possible(self, experiment: Experiment) -> bool:
        """Return whether a link would show anything."""
        return can_be_shown(experiment)

    def form(self, experiment: Experiment, data: Any = None) -> forms.BaseForm:
        """Return the form."""
        return LinkForm(data, experiment=experiment)

    def context(self, experiment: Experiment) -> dict[str, Any]:
        """Return the variants with what testers were served."""
        variants = list(experiment.variants.all())
        counts = exposure_counts(
            experiment_id=experiment.pk, phase=experiment.phase, until_us=FAR_FUTURE_US
        )
        return {"variants": variant_rows(experiment, variants, counts, {}), "parameter": PARAMETER}


LINKS = LinksAct()


def links_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the page, with the link that was asked for."""
    experiment = visible(request, pk)
    if not can(request.user, LINKS.action, experiment.site_id):
        raise PermissionDenied
    if request.method != "POST" or not LINKS.is_possible(experiment):
        return render(request, LINKS, experiment, LINKS.form(experiment))
    form = LINKS.form(experiment, request.POST)
    extra: dict[str, Any] = {}
    if form.is_valid():
        try:
            link = make_force_link(experiment=experiment, now=timezone.now(), **form.cleaned_data)
            ends = moment_text(link.expires_at, experiment.site)
            extra = {"link": link, "ends": ends, "made_for": form.cleaned_data["variant"]}
        except ArmatureError as error:
            extra = {"problem": text_of(error)}
    return render(request, LINKS, experiment, form, **extra)


def links_path(site: admin.AdminSite) -> URLPattern:
    """Return the address of the page."""
    view = site.admin_view(links_view)
    return path("<int:pk>/links/", view, name="experiments_experiment_links")
