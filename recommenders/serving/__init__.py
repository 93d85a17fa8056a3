"""Lists for requests: quick, never empty while the shop has items, and with their reasons."""

from recommenders.serving.serve import serve
from recommenders.serving.shapes import CHAMPION, MERCHANT, POPULARITY, STATIC, Served, Wish

__all__ = [
    "CHAMPION",
    "MERCHANT",
    "POPULARITY",
    "STATIC",
    "Served",
    "Wish",
    "serve",
]
