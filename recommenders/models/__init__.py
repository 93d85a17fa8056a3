"""The tables of this room."""

from recommenders.models.catalogue import CatalogueVersion, Item
from recommenders.models.comparison import Comparison
from recommenders.models.merchandising import MerchandisingRule, StaticList
from recommenders.models.registry import Artifact, Recommender

__all__ = [
    "Artifact",
    "CatalogueVersion",
    "Comparison",
    "Item",
    "MerchandisingRule",
    "Recommender",
    "StaticList",
]
