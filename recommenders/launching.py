"""What this room checks before a launch: every variant really answers, and so does the fallback."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from experiments.assignment.specs import UnitIds
from experiments.clock import microseconds
from experiments.models import Experiment, Site
from experiments.registries import Check
from recommenders import state
from recommenders.errors import SettingsError
from recommenders.loaded import cache
from recommenders.reranking.settings import checked_rerank, with_defaults
from recommenders.selectors import why_unservable
from recommenders.serving import MERCHANT, STATIC, Served, Wish, serve
from recommenders.serving.chain import first_of
from recommenders.state import ServingState

SAMPLE = 10  # items asked for: about what a page shows
STRANGER = "armature-launch-check"
# No artifact has this version: what answers is what stands behind every variant.
NOWHERE = {"recommender": "popularity", "artifact": "popularity@launch-check"}
TRAIN = "Train the recommender, or choose another."
NAMES = {MERCHANT: "the catalogue", STATIC: "the static list"}
STOCK = "Import the catalogue, or wait until items are in stock."


def serving_checks(experiment: Experiment) -> list[Check]:
    """Return one check per variant, and one of what answers when its artifact cannot.

    Nothing is recorded. Variants without a placement serve no list and pass unless they name a
    recommender.
    """
    serving = state.of_site(experiment.site_id)
    default = experiment.placement.parameters if experiment.placement else {}
    checks = [
        _variant_check(
            experiment, serving, variant.name, with_defaults(variant.parameters or default, default)
        )
        for variant in experiment.variants.all()
    ]
    return [*checks, *_fallback_checks(experiment, serving)]


def _variant_check(
    experiment: Experiment, serving: ServingState, name: str, parameters: Mapping[str, Any]
) -> Check:
    problem = why_unservable(experiment.site, dict(parameters)) or _why_not_ranked(parameters)
    if problem or not _serves_lists(experiment, parameters):
        found = str(parameters.get("recommender", "decided by its own parameters"))
        return _check(name, not problem, problem or found, TRAIN)
    served = _sample(experiment, serving, parameters)
    if served.fallback not in ("", "refilled"):
        detail = f"{served.recommender} answered in its place: {_words(served.fallback)}"
        return _check(name, False, detail, f"{TRAIN} {STOCK}")
    detail = f"{served.artifact} answers with {len(served.items)} items"
    return _check(name, bool(served.items), detail, STOCK)


def _why_not_ranked(parameters: Mapping[str, Any]) -> str:
    """Return what is wrong with the settings of re-ranking, "" when nothing is."""
    try:
        checked_rerank(parameters.get("rerank", {}))
    except SettingsError as error:
        return f"{error}. {error.hint or ''}".strip()
    return ""


def _serves_lists(experiment: Experiment, parameters: Mapping[str, Any]) -> bool:
    return experiment.placement is not None or "recommender" in parameters


def _check(name: str, passed: bool, detail: str, fix: str) -> Check:
    return Check(f"{name} can be served", passed, detail, fix, code="recommender", link="variants")


def _sample(experiment: Experiment, serving: ServingState, parameters: Mapping[str, Any]) -> Served:
    """Return the list of somebody the recommender knows, where it cannot answer strangers."""
    served = serve(_wish(experiment, STRANGER), parameters, serving)
    if served.fallback != "unknown_unit":
        return served
    known = _known_unit(experiment.site, serving, parameters)
    return serve(_wish(experiment, known), parameters, serving)


def _wish(experiment: Experiment, visitor_id: str) -> Wish:
    return Wish(
        experiment.site_id,
        UnitIds(visitor_id=visitor_id),
        SAMPLE,
        placement=experiment.placement.key if experiment.placement else "",
        now_us=microseconds(timezone.now()),
    )


def _known_unit(site: Site, serving: ServingState, parameters: Mapping[str, Any]) -> str:
    """Return a unit that the artifact was trained with, "" when there is none."""
    name = first_of(site.pk, parameters, serving)
    spec = serving.artifacts.get((site.pk, name or ""))
    if spec is None:
        return ""
    units = cache.get(site.pk, spec).artifact.unit_ids
    return bytes(units[0]).decode() if len(units) else ""


def _words(reason: str) -> str:
    return reason.replace("_", " ")


def _fallback_checks(experiment: Experiment, serving: ServingState) -> list[Check]:
    """Return the check of what a page gets when every variant's own artifact is gone."""
    if experiment.placement is None:
        return []
    served = serve(_wish(experiment, STRANGER), NOWHERE, serving)
    who = served.artifact or NAMES[served.recommender]
    return [
        Check(
            "The fallback answers",
            bool(served.items),
            f"{who} answers with {len(served.items)} items",
            STOCK,
            code="fallback",
            link="variants",
        )
    ]
