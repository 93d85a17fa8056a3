"""Step 1: what changes, what should come of it and why; its name, its place and its owner."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest

from experiments.access import sites_of
from experiments.desks import METRIC_DESKS, MetricUse, desk_of
from experiments.hypothesis import hypothesis_sentence
from experiments.models import Experiment, Site
from experiments.roles import Action
from experiments.services import choose_metrics
from experiments.web.fields import text
from experiments.web.setup.page import Edit, Parts, StepPage
from experiments.web.setup.places import Where, free_key, is_taken, places_of

Choices = list[tuple[str, Any]]


class QuestionForm(forms.Form):
    """The hypothesis in its parts; the key may stay empty and is then made from the name."""

    name = text(longest=200)
    key = forms.SlugField(
        max_length=80,
        required=False,
        help_text="Short name in addresses and in the API; left empty it is made from the name.",
    )
    change = text(
        rows=2,
        required=False,
        label="If",
        help_text="What the treatment changes: “the home page lists what fits the shopper”.",
    )
    metric = forms.ChoiceField(required=False, label="then")
    direction = forms.ChoiceField(
        choices=Experiment.Direction.choices, initial="increase", label="rises or falls"
    )
    because = text(
        rows=2,
        required=False,
        label="because",
        help_text="Why that should work: what you have seen or heard.",
    )
    where = forms.ChoiceField(
        help_text="The spot of the shop whose list it decides; a layer for what no list shows."
    )
    owner = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        empty_label="nobody yet",
        help_text="Who answers for it; reminders go there.",
    )

    def __init__(
        self, *args: Any, sites: Sequence[Site], experiment: Experiment | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.experiment = experiment
        self.places = places_of(sites)
        self._choose("where", [(value, label) for value, (label, _where) in self.places.items()])
        self._choose("metric", [("", "the primary metric, chosen later"), *metric_choices(sites)])
        owner: Any = self.fields["owner"]
        owner.queryset = User.objects.filter(is_active=True, is_staff=True).order_by("username")
        if experiment is not None:
            del self.fields["key"]

    def _choose(self, name: str, choices: Choices) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        """Refuse a key that the site has already, and a metric that it has not."""
        data = super().clean() or {}
        if "where" in data:
            data["where"] = self.places[data["where"]][1]
            self._check_metric(data["where"].site, data.get("metric"))
            if self.experiment is None and "name" in data:
                self._settle_key(data)
        return data

    def _check_metric(self, site: Site, key: str | None) -> None:
        known = [value for value, _label in metric_choices([site])]
        if key and key not in known:
            self.add_error("metric", f"{site.name} has no metric {key!r}.")

    def _settle_key(self, data: dict[str, Any]) -> None:
        site = data["where"].site
        wish = data.get("key")
        if not wish and "key" not in self.errors:
            data["key"] = free_key(site, data["name"])
        elif wish and is_taken(site, wish):
            self.add_error("key", "This site has an experiment or a placement with this key.")


def metric_choices(sites: Sequence[Site]) -> Choices:
    """Return the metrics of these sites by key; of several sites each key once."""
    desk = desk_of(METRIC_DESKS)
    if desk is None:
        return []
    return list({each.key: each.name for site in sites for each in desk.options(site)}.items())


def primary_of(experiment: Experiment) -> MetricUse | None:
    """Return the metric that decides, None while there is none."""
    desk = desk_of(METRIC_DESKS)
    uses = desk.chosen(experiment) if desk else []
    return next((use for use in uses if use.role == "primary"), None)


def metric_name(site: Site, key: str) -> str:
    """Return a metric's name, "" for a key that the site does not have."""
    return str(dict(metric_choices([site])).get(key, ""))


def sentence_of(experiment: Experiment) -> str:
    """Return the experiment's hypothesis as it stands, what was once typed freely included."""
    primary = primary_of(experiment)
    built = hypothesis_sentence(
        change=experiment.hypothesis_change,
        metric=metric_name(experiment.site, primary.key) if primary else "",
        direction=experiment.expected_direction,
        because=experiment.hypothesis_because,
    )
    return built or experiment.hypothesis


def question_fields(data: dict[str, Any]) -> dict[str, Any]:
    """Return the experiment's fields that a valid question form sets."""
    where: Where = data["where"]
    sentence = hypothesis_sentence(
        change=data["change"],
        metric=metric_name(where.site, data["metric"]),
        direction=data["direction"],
        because=data["because"],
    )
    return {
        "name": data["name"],
        "hypothesis": sentence,
        "hypothesis_change": data["change"],
        "hypothesis_because": data["because"],
        "expected_direction": data["direction"],
        "owner": data["owner"],
    }


def choose_primary(experiment: Experiment, key: str, actor: str) -> None:
    """Make a metric the one that decides, on record; the one before explains from now on."""
    desk = desk_of(METRIC_DESKS)
    primary = primary_of(experiment)
    if desk is None or not key or (primary and primary.key == key):
        return
    others = [use for use in desk.chosen(experiment) if use.key != key]
    kept = [MetricUse(use.key, "secondary") if use.role == "primary" else use for use in others]
    uses = [MetricUse(key, "primary"), *kept]
    choose_metrics(experiment_id=experiment.pk, uses=uses, actor=actor)


class QuestionPage(StepPage):
    """What is asked."""

    slug = "question"
    title = "Hypothesis"
    lead = "What changes, what should come of it, and why."

    def parts(self, request: HttpRequest, experiment: Experiment | None, data: Any = None) -> Parts:
        """Return the form; of a new experiment with every place where this person may add one."""
        sites = [experiment.site] if experiment else list(sites_of(request.user, Action.EDIT))
        initial = initial_of(experiment) if experiment else {"owner": request.user.pk}
        return {"form": QuestionForm(data, sites=sites, experiment=experiment, initial=initial)}

    def changes(self, experiment: Experiment, parts: Parts) -> dict[str, Any]:
        """Return the hypothesis, and the place where it moved."""
        data = parts["form"].cleaned_data
        where: Where = data["where"]
        fields = question_fields(data)
        if (where.placement, where.layer) != (experiment.placement, experiment.own_layer):
            fields |= {"placement": where.placement, "layer": where.layer}
        return fields

    def save(self, edit: Edit, parts: Parts) -> None:
        """Set the metric that decides."""
        choose_primary(edit.experiment, parts["form"].cleaned_data["metric"], edit.actor)

    def context(self, request: HttpRequest, experiment: Experiment | None) -> dict[str, Any]:
        """Return the sentence as it stands."""
        return {"sentence": sentence_of(experiment) if experiment else ""}


def initial_of(experiment: Experiment) -> dict[str, Any]:
    """Return the experiment as its form shows it."""
    primary = primary_of(experiment)
    place = experiment.placement_id or experiment.own_layer_id
    return {
        "name": experiment.name,
        "change": experiment.hypothesis_change,
        "metric": primary.key if primary else "",
        "direction": experiment.expected_direction,
        "because": experiment.hypothesis_because,
        "where": f"{'placement' if experiment.placement_id else 'layer'}:{place}",
        "owner": experiment.owner_id,
    }
