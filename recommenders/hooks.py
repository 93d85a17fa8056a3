"""What this room adds to a new site, to the launch checks and to starting an experiment."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models.signals import post_delete, post_save, pre_delete

from experiments.desks import VARIANT_DESKS, open_desk
from experiments.models import Site
from experiments.registries import (
    ERASERS,
    HEALTH_CHECKS,
    LAUNCH_CHECKS,
    PARAMETER_CHOICES,
    PARAMETER_DOCUMENTS,
    PARAMETER_PINNERS,
    SITE_INITIALISERS,
    SUBJECT_READERS,
    ParameterChoice,
    ParameterDocument,
)
from experiments.signals import bump
from recommenders.reranking.settings import checked_rerank, with_defaults

CHAMPION = "champion"
T = TypeVar("T")


def recommender_options(site: Site) -> list[tuple[str, str]]:
    """Return the site's recommenders for forms; says which of them cannot answer yet."""
    from recommenders.models import Recommender

    rows = Recommender.objects.filter(site=site).order_by("key").values_list("key", "champion")
    return [(key, key if champion else f"{key} (not trained yet)") for key, champion in rows]


RECOMMENDER_CHOICE = ParameterChoice("recommender", "Recommender", recommender_options)
RERANK = ParameterDocument(
    "rerank",
    "Re-ranking, as JSON",
    'What variants leave open of it too, e.g. {"caps": {"category": 3}, "bought_days": 30}.',
    checked_rerank,
)


def register() -> None:
    """Fill the registries of the room below, and let serving processes notice new artifacts."""
    from recommenders.desk import DESK
    from recommenders.health import artifact_checks, breaker_checks
    from recommenders.launching import serving_checks
    from recommenders.models import Artifact, MerchandisingRule, Recommender, StaticList
    from recommenders.services.following import refuse_if_frozen
    from recommenders.subjects import erase_unit, read_unit

    open_desk(VARIANT_DESKS, DESK)
    _add(SITE_INITIALISERS, create_builtin_recommenders)
    _add(LAUNCH_CHECKS, serving_checks)
    _add(PARAMETER_PINNERS, pin_artifact)
    _add(PARAMETER_PINNERS, pin_rerank)
    _add(PARAMETER_CHOICES, RECOMMENDER_CHOICE)
    _add(PARAMETER_DOCUMENTS, RERANK)
    _add(ERASERS, erase_unit)
    _add(SUBJECT_READERS, read_unit)
    _add(HEALTH_CHECKS, artifact_checks)
    _add(HEALTH_CHECKS, breaker_checks)
    pre_delete.connect(refuse_if_frozen, sender=Artifact, dispatch_uid="frozen artifacts")
    for model in (Artifact, Recommender, MerchandisingRule, StaticList):
        for signal in (post_save, post_delete):
            signal.connect(bump, sender=model, dispatch_uid=f"bump-{model.__name__}-{id(signal)}")


def _add(registry: list[T], entry: T) -> None:
    """Append once, however often the room is set up."""
    if entry not in registry:
        registry.append(entry)


def create_builtin_recommenders(site: Site) -> None:
    """Give a new site a recommender for every registered algorithm that can run here."""
    from recommenders.models import Recommender
    from recommenders.registry import available

    Recommender.objects.bulk_create(
        Recommender(site=site, key=name, algorithm=name) for name in available()
    )


def pin_rerank(
    site: Site, parameters: dict[str, Any], behind: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the parameters with what they leave open of re-ranking as the placement has it now.

    Whoever changes the placement's during a run changes nothing that the experiment shows.
    """
    if behind is None or not ({"recommender", "rerank"} & {*parameters} or "rerank" in behind):
        return parameters
    complete = with_defaults(parameters, behind).get("rerank", {})
    if not isinstance(complete, dict):  # refused by the launch checks
        return parameters
    return {**parameters, "rerank": {**complete, "defaults": False}}


def pin_artifact(
    site: Site, parameters: dict[str, Any], _behind: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the parameters with the champion's version, unless they name an artifact already."""
    from recommenders.selectors import champion_name

    if "recommender" not in parameters or parameters.get("artifact"):
        return parameters
    champion = champion_name(site, parameters["recommender"])
    return {**parameters, "artifact": champion} if champion else parameters
