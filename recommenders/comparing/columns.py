"""Whose lists can stand side by side: recommenders, versions of them, variants of experiments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.lifecycle import Status
from experiments.models import Placement, Site, Variant
from recommenders.models import Artifact, Recommender
from recommenders.reranking.settings import with_defaults
from recommenders.serving import POPULARITY

MOST_COLUMNS = 5
FIRST_COLUMNS = 3
RECOMMENDER, ARTIFACT, VARIANT = "r", "a", "v"
OVER = (Status.ENDED, Status.ARCHIVED)
MOST_VARIANTS = 50


@dataclass(frozen=True, slots=True)
class Column:
    """One list: what it is called, and the parameters it is served by; `problem`: why it is not.

    `token` names it in addresses: `r:key`, `a:key@version`, `v:experiment:variant`.
    """

    token: str
    label: str
    parameters: Mapping[str, Any]
    problem: str = ""


def columns_of(site: Site) -> list[Column]:
    """Return every column that a site offers: recommenders first, then variants by experiment."""
    keys = Recommender.objects.filter(site=site).values_list("key", flat=True)
    rows = (
        Variant.objects.filter(experiment__site=site)
        .exclude(experiment__status__in=OVER)
        .select_related("experiment__placement")
        .order_by("-experiment_id", "position", "id")
    )
    recommenders = [_of_recommender(key) for key in keys]
    return recommenders + [_of_variant(row) for row in rows[:MOST_VARIANTS]]


def first_columns(site: Site) -> list[str]:
    """Return the tokens of what is compared unless asked otherwise: what is trained."""
    keys = Recommender.objects.filter(site=site, champion__isnull=False).values_list(
        "key", flat=True
    )
    ranked = sorted(keys, key=lambda key: (key != POPULARITY, key))
    return [f"{RECOMMENDER}:{key}" for key in ranked[:FIRST_COLUMNS]]


def chosen(site: Site, tokens: Sequence[str], placement: Placement | None) -> list[Column]:
    """Return the columns of tokens, in their order; one that there is not says so itself."""
    offered = {column.token: column for column in columns_of(site)}
    return [
        _with_placement(offered.get(token) or _named(site, token), placement)
        for token in list(dict.fromkeys(tokens))[:MOST_COLUMNS]
    ]


def _of_recommender(key: str) -> Column:
    return Column(f"{RECOMMENDER}:{key}", key, {"recommender": key})


def _of_variant(row: Variant) -> Column:
    experiment = row.experiment
    behind = experiment.placement.parameters if experiment.placement else {}
    return Column(
        f"{VARIANT}:{experiment.key}:{row.key}",
        f"{experiment.name}: {row.name}",
        with_defaults(row.parameters, behind),
    )


def _named(site: Site, token: str) -> Column:
    """Return the column of a version, or one that says that nothing is called so."""
    kind, _, name = token.partition(":")
    key, _, version = name.partition("@")
    rows = Artifact.objects.filter(site=site, recommender__key=key, version=version)
    if kind == ARTIFACT and version and rows.exists():
        return Column(token, name, {"recommender": key, "artifact": name})
    return Column(token, name or token, {}, f"this site has nothing called {name or token!r}")


def _with_placement(column: Column, placement: Placement | None) -> Column:
    if placement is None or column.problem or column.token.startswith(f"{VARIANT}:"):
        return column
    parameters = with_defaults(column.parameters, placement.parameters)
    return Column(column.token, column.label, parameters)
