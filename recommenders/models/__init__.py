"""The tables of this room."""

from recommenders.models.catalogue import CatalogueVersion, Item
from recommenders.models.comparison import Comparison
from recommenders.models.evaluation import Evaluation
from recommenders.models.merchandising import MerchandisingRule, StaticList
from recommenders.models.moves import AliasMove
from recommenders.models.registry import Alias, Artifact, Cause, Recommender

__all__ = [
    "Alias",
    "AliasMove",
    "Artifact",
    "CatalogueVersion",
    "Cause",
    "Comparison",
    "Evaluation",
    "Item",
    "MerchandisingRule",
    "Recommender",
    "StaticList",
]
