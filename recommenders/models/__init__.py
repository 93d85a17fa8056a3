"""The tables of this room."""

from recommenders.models.catalogue import CatalogueVersion, Item
from recommenders.models.registry import Artifact, Recommender

__all__ = ["Artifact", "CatalogueVersion", "Item", "Recommender"]
