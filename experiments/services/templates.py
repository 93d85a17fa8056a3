"""Ready-made set-ups: a question that shops ask again and again, with all that it needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from experiments.assignment.hashing import BUCKETS
from experiments.buckets import largest_gap
from experiments.desks import METRIC_DESKS, MetricUse, desk_of
from experiments.errors import InvalidInput, NotFound
from experiments.models import Experiment, Placement, Site
from experiments.registries import PARAMETER_CHOICES, PARAMETER_PINNERS
from experiments.services.drafting import create_experiment
from experiments.services.variants import VariantDraft

POPULARITY = "popularity"
RECOMMENDER, ARTIFACT = "recommender", "artifact"
Choices = Mapping[str, str]
Variants = Callable[[Site, Choices], Sequence[VariantDraft]]

# A recommender is to earn money without costing orders or clicks: 2 % is what a shop may risk.
SHOP_METRICS = (
    MetricUse("revenue_per_unit", "primary"),
    MetricUse("ctr", "secondary"),
    MetricUse("aov", "secondary"),
    MetricUse("conversion", "guardrail", 0.02),
)
# With nothing changed, every metric is watched for a difference that cannot be.
SAME_METRICS = (
    MetricUse("conversion", "primary"),
    MetricUse("revenue_per_unit", "secondary"),
    MetricUse("ctr", "secondary"),
)


@dataclass(frozen=True, slots=True)
class Template:
    """A set-up to begin with; `choices`: what has to be said, each with its question."""

    key: str
    name: str
    purpose: str
    choices: Mapping[str, str]
    change: str
    because: str
    variants: Variants
    metrics: tuple[MetricUse, ...] = SHOP_METRICS
    planned_days: int = 14
    fields: Mapping[str, Any] = field(default_factory=dict)


def _versus_popularity(site: Site, choices: Choices) -> list[VariantDraft]:
    wanted = _recommender(site, choices)
    if wanted == POPULARITY:
        raise InvalidInput(
            "popularity against itself is an A/A test",
            field=RECOMMENDER,
            hint="Choose another recommender, or the A/A template.",
        )
    return [
        VariantDraft("popularity", "Popularity", 1, True, {RECOMMENDER: POPULARITY}),
        VariantDraft(_variant_key(wanted), wanted, 1, False, {RECOMMENDER: wanted}),
    ]


def _new_artifact(site: Site, choices: Choices) -> list[VariantDraft]:
    wanted = _recommender(site, choices)
    artifact = choices[ARTIFACT]
    if artifact.partition("@")[0] != wanted:
        raise InvalidInput(
            f"{artifact!r} is no artifact of {wanted}",
            field=ARTIFACT,
            hint=f"Write {wanted}@ and the version.",
        )
    current = _pinned(site, {RECOMMENDER: wanted})
    if current.get(ARTIFACT) == artifact:
        raise InvalidInput(
            f"{artifact} is the champion already", field=ARTIFACT, hint="Choose a newer artifact."
        )
    return [
        VariantDraft("champion", "Champion", 1, True, current),
        VariantDraft("candidate", "Candidate", 1, False, {RECOMMENDER: wanted, ARTIFACT: artifact}),
    ]


def _twice_the_same(site: Site, choices: Choices) -> list[VariantDraft]:
    same = _pinned(site, {RECOMMENDER: _recommender(site, choices)})
    return [
        VariantDraft("a", "A", 1, True, same),
        VariantDraft("b", "B", 1, False, same),
    ]


WHICH = "Which recommender?"
TEMPLATES: dict[str, Template] = {
    each.key: each
    for each in (
        Template(
            key="recommender-vs-popularity",
            name="A recommender against popularity",
            purpose="Is a recommender worth more than the list of what sells best?",
            choices={RECOMMENDER: WHICH},
            change="the list comes from {recommender} instead of what sells best",
            because="it follows what each visitor did rather than what all of them did",
            variants=_versus_popularity,
            planned_days=28,
        ),
        Template(
            key="new-artifact-vs-champion",
            name="A new artifact against the champion",
            purpose="Is what was trained last better than what serves now?",
            choices={RECOMMENDER: WHICH, ARTIFACT: "Which artifact, as name@version?"},
            change="the list comes from {artifact} instead of the champion",
            because="it learned from newer or better data",
            variants=_new_artifact,
        ),
        Template(
            key="a-a",
            name="The same twice (A/A)",
            purpose="Does the measurement itself stay silent when nothing differs?",
            choices={RECOMMENDER: WHICH},
            change="the list comes from {recommender} in both variants",
            because="nothing differs: a lift would be a fault of the measurement",
            variants=_twice_the_same,
            metrics=SAME_METRICS,
        ),
    )
}


def create_from_template(
    *,
    site: Site,
    template: str,
    key: str,
    name: str,
    placement: Placement,
    actor: str,
    **choices: str,
) -> Experiment:
    """Return what `draft_from_template` does, with what the template asks for by name."""
    return draft_from_template(
        site=site,
        template=template,
        key=key,
        name=name,
        placement=placement,
        actor=actor,
        choices=choices,
    )


@transaction.atomic
def draft_from_template(
    *,
    site: Site,
    template: str,
    key: str,
    name: str,
    placement: Placement,
    actor: str,
    choices: Choices,
) -> Experiment:
    """Return a new draft with a template's hypothesis, variants, metrics and length.

    It asks for the largest free piece of its layer. Raises NotFound on an unknown template,
    InvalidInput on a choice that is missing, unknown or not to be had in the site, and on what
    `create_experiment` refuses.
    """
    chosen = template_of(template)
    _require_choices(chosen, choices)
    experiment = create_experiment(
        site=site,
        key=key,
        name=name,
        placement=placement,
        variants=chosen.variants(site, choices),
        # All that is free, so that a busy layer is no reason not to begin.
        allocation=largest_gap(placement.layer) or BUCKETS,
        created_by=User.objects.filter(username=actor).first(),
        actor=actor,
        hypothesis_change=chosen.change.format(**choices),
        hypothesis_because=chosen.because,
        planned_days=chosen.planned_days,
        **chosen.fields,
    )
    _choose_metrics(experiment, chosen)
    return experiment


def template_of(key: str) -> Template:
    """Return a template by its key; raises NotFound with those that exist."""
    if key not in TEMPLATES:
        raise NotFound(f"unknown template {key!r}", known=list(TEMPLATES), field="template")
    return TEMPLATES[key]


def _require_choices(template: Template, choices: Choices) -> None:
    for name, question in template.choices.items():
        if not choices.get(name):
            raise InvalidInput(f"{template.name}: {question}", field=name)
    if strange := sorted(set(choices) - set(template.choices)):
        known = ", ".join(template.choices)
        raise InvalidInput(
            f"{template.name} asks for no {strange[0]!r}", field=strange[0], hint=f"Say: {known}."
        )


def _recommender(site: Site, choices: Choices) -> str:
    """Return the chosen recommender; raises InvalidInput with those of the site."""
    wanted = choices[RECOMMENDER]
    offered = [each for each in PARAMETER_CHOICES if each.name == RECOMMENDER]
    known = [key for each in offered for key, _label in each.options(site)]
    if wanted not in known:
        raise InvalidInput(
            f"{site} has no recommender {wanted!r}",
            field=RECOMMENDER,
            hint=f"Known here: {', '.join(known)}.",
        )
    return wanted


def _variant_key(recommender: str) -> str:
    return recommender.replace("_", "-")


def _pinned(site: Site, parameters: dict[str, Any]) -> dict[str, Any]:
    for pin in PARAMETER_PINNERS:
        parameters = pin(site, parameters, None)
    return parameters


def _choose_metrics(experiment: Experiment, template: Template) -> None:
    """Choose the template's metrics that the site has, unless the primary one is missing."""
    desk = desk_of(METRIC_DESKS)
    if desk is None:
        return
    known = {option.key for option in desk.options(experiment.site)}
    uses = [use for use in template.metrics if use.key in known]
    if any(use.role == "primary" for use in uses):
        desk.choose(experiment, uses)
