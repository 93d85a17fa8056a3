"""Reading foreign data sets: each format is a class that yields events, items and rejections."""

from pathlib import Path

from config.importing.movielens import MovieLens
from config.importing.native import Native
from config.importing.online_retail import OnlineRetail
from config.importing.records import Source
from config.importing.retailrocket import RetailRocket

FORMATS: dict[str, type] = {
    "online-retail": OnlineRetail,
    "movielens-100k": MovieLens,
    "retailrocket": RetailRocket,
    "native": Native,
}


def open_source(format_name: str, path: Path) -> Source:
    """Return the data set at a path; raises SourceError when it is not one of that format."""
    source: Source = FORMATS[format_name](path)
    return source
