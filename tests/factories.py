"""Rows in a named state."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User

from experiments.keys import SCOPES, create_api_key
from experiments.models import Experiment, Membership, Site
from experiments.services import VariantDraft, create_experiment, create_site, start_experiment
from recommenders.catalogue import ItemRecord, upsert_items
from recommenders.models import Artifact
from recommenders.services import request_training, train_artifact

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def a_site(slug: str = "shop", **fields: Any) -> Site:
    """Return a site with its layers, placements, metrics and recommenders."""
    return create_site(**{"slug": slug, "name": slug.title(), "exposure_mode": "durable"} | fields)


def simulated_site(slug: str = "shop") -> tuple[Site, str]:
    """Return a simulated site and a secret key that may set its clock."""
    site = a_site(slug, is_simulated=True)
    _row, secret = create_api_key(site=site, name="tests", scopes=SCOPES)
    return site, secret


def member(site: Site | None, role: str, name: str = "sam") -> User:
    """Return an account with a role in the site, or, of None, in every site; gives it one more."""
    user, _made = User.objects.get_or_create(username=name)
    Membership.objects.create(user=user, site=site, role=role)
    return User.objects.get(pk=user.pk)  # as the next request sees it


def stocked(site: Site, count: int = 30) -> list[str]:
    """Give the site items; return their ids."""
    records = [
        ItemRecord(
            item_id=f"sku-{index}",
            title=f"Item {index}",
            category=f"category-{index % 4}",
            brand=f"brand-{index % 3}",
            price=500 + 100 * index,
            stock=10,
        )
        for index in range(count)
    ]
    upsert_items(site=site, items=records)
    return [record.item_id for record in records]


def trained(site: Site, *keys: str) -> list[Artifact]:
    """Train recommenders of the site at once."""
    artifacts = []
    for key in keys:
        artifact = train_artifact(artifact_id=request_training(site=site, key=key).pk)
        assert artifact is not None
        artifacts.append(artifact)
    return artifacts


def two_variants(control: str = "popularity", treatment: str = "random") -> list[VariantDraft]:
    """Return a control and a treatment of equal weight."""
    return [
        VariantDraft(
            key="control", name="Control", is_control=True, parameters={"recommender": control}
        ),
        VariantDraft(key="treatment", name="Treatment", parameters={"recommender": treatment}),
    ]


def draft_experiment(
    site: Site,
    key: str = "home-test",
    *,
    variants: Sequence[VariantDraft] | None = None,
    **fields: Any,
) -> Experiment:
    """Return a draft on the home placement."""
    return create_experiment(
        site=site,
        key=key,
        name=key.replace("-", " ").title(),
        placement=site.placements.get(key="home"),
        variants=two_variants() if variants is None else variants,
        **fields,
    )


def running_experiment(site: Site, key: str = "home-test", **fields: Any) -> Experiment:
    """Return a running experiment of a stocked, trained site."""
    stocked(site)
    trained(site, "popularity", "random")
    return start_experiment(experiment_id=draft_experiment(site, key, **fields).pk, waiver="a test")
