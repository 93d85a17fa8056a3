"""What this room checks before a launch: every variant really answers, and so does the fallback."""

from collections.abc import Mapping
from typing import Any

from experiments.assignment.specs import UnitIds
from experiments.models import Experiment, Site
from experiments.registries import Check
from recommenders import state
from recommenders.loaded import cache
from recommenders.selectors import why_unservable
from recommenders.serving import CHAMPION, Served, Wish, serve
from recommenders.state import ServingState

SAMPLE = 10  # items asked for: about what a page shows
STRANGER = "armature-launch-check"
# No artifact has this version: what answers is what stands behind every variant.
NOWHERE = {"recommender": "popularity", "artifact": "popularity@launch-check"}
TRAIN = "Train the recommender, or choose another."
STOCK = "Import the catalogue, or wait until items are in stock."


def serving_checks(experiment: Experiment) -> list[Check]:
    """Return one check per variant, and one of what answers when its artifact cannot.

    Nothing is recorded. Variants without a placement serve no list and pass unless they name a
    recommender.
    """
    serving = state.of_site(experiment.site_id)
    default = experiment.placement.parameters if experiment.placement else {}
    checks = [
        _variant_check(experiment, serving, variant.name, variant.parameters or default)
        for variant in experiment.variants.all()
    ]
    return [*checks, *_fallback_checks(experiment, serving)]


def _variant_check(
    experiment: Experiment, serving: ServingState, name: str, parameters: Mapping[str, Any]
) -> Check:
    problem = why_unservable(experiment.site, dict(parameters))
    if problem or not _serves_lists(experiment, parameters):
        found = str(parameters.get("recommender", "decided by its own parameters"))
        return _check(name, not problem, problem or found, TRAIN)
    served = _sample(experiment.site, serving, parameters)
    if served.fallback not in ("", "refilled"):
        detail = f"{served.recommender} answered in its place: {_words(served.fallback)}"
        return _check(name, False, detail, f"{TRAIN} {STOCK}")
    detail = f"{served.artifact} answers with {len(served.items)} items"
    return _check(name, bool(served.items), detail, STOCK)


def _serves_lists(experiment: Experiment, parameters: Mapping[str, Any]) -> bool:
    return experiment.placement is not None or "recommender" in parameters


def _check(name: str, passed: bool, detail: str, fix: str) -> Check:
    return Check(f"{name} can be served", passed, detail, fix, code="recommender", link="variants")


def _sample(site: Site, serving: ServingState, parameters: Mapping[str, Any]) -> Served:
    """Return the list of somebody the recommender knows, where it cannot answer strangers."""
    served = serve(_wish(site, STRANGER), parameters, serving)
    if served.fallback != "unknown_unit":
        return served
    return serve(_wish(site, _known_unit(site, serving, parameters)), parameters, serving)


def _wish(site: Site, visitor_id: str) -> Wish:
    return Wish(site.pk, UnitIds(visitor_id=visitor_id), SAMPLE)


def _known_unit(site: Site, serving: ServingState, parameters: Mapping[str, Any]) -> str:
    """Return a unit that the artifact was trained with, "" when there is none."""
    own = serving.recommenders.get((site.pk, str(parameters.get("recommender", ""))))
    name = str(parameters.get("artifact") or CHAMPION)
    if name == CHAMPION:
        name = (own.champion if own else None) or ""
    spec = serving.artifacts.get((site.pk, name))
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
    served = serve(_wish(experiment.site, STRANGER), NOWHERE, serving)
    return [
        Check(
            "The fallback answers",
            bool(served.items),
            f"{served.artifact or 'the catalogue'} answers with {len(served.items)} items",
            STOCK,
            code="fallback",
            link="variants",
        )
    ]
