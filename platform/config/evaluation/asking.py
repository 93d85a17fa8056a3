"""The options of the command `evaluate`, and who takes part."""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from config.importing.online_retail import OnlineRetail
from config.importing.records import Source
from config.importing.retailrocket import RetailRocket
from experiments.models import Site
from recommenders.base import checked_settings
from recommenders.errors import UnknownRecommender
from recommenders.evaluation.design import SPLITS, TIME, Design
from recommenders.evaluation.results import Contender
from recommenders.models import Recommender
from recommenders.registry import available, recommender_class

SOURCES: dict[str, Callable[[Path], Source]] = {
    "online_retail": OnlineRetail,
    "retailrocket": RetailRocket,
}
SEGMENT_BY = {"online_retail": "country"}
TITLES = {
    "movielens": "MovieLens 100K",
    "online_retail": "Online Retail",
    "retailrocket": "RetailRocket, a sample of 5,000 visitors",
}
WHERE = "where it is: its folder or file"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what can be asked of an evaluation."""
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--site", help="slug of a site, judged on its own events")
    data.add_argument("--movielens", type=Path, help=f"the reference run; {WHERE}")
    data.add_argument("--online-retail", type=Path, help=WHERE)
    data.add_argument("--retailrocket", type=Path, help=WHERE)
    parser.add_argument("--recommender", action="append", help="key of one of the site's; repeat")
    parser.add_argument("--algorithm", action="append", help="a registered name; repeat")
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME=ALGORITHM",
        help="one more, under a name of its own for --set; repeat",
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME.SETTING=VALUE", help="as als.factors=32"
    )
    parser.add_argument("--split", choices=SPLITS, default=TIME)
    parser.add_argument("--folds", type=number(1, 20), default=1, help="windows of time")
    parser.add_argument("--window-days", type=number(1, 365), help="how long each window is")
    parser.add_argument("--keep-seen", action="store_true", help="list what a unit has seen, too")
    parser.add_argument("--wanted", choices=("any", "purchase"), default="any")
    parser.add_argument("--units", type=number(2, 10**9), help="only a random sample of so many")
    parser.add_argument("--k", type=number(1, 100), default=10, help="length of the lists")
    parser.add_argument("--seed", type=number(0, 2**32 - 1), default=1)
    for name in ("json", "csv", "markdown"):
        parser.add_argument(f"--{name}", type=Path, help="a file to write")
    parser.add_argument(
        "--docs", type=Path, help="a page to write this data set's part of: docs/offline-results.md"
    )


def number(least: int, most: int) -> Any:
    """Return the reader of a whole number within bounds."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"must be from {least} to {most}, was {text}")
        return int(text)

    return read


def design_of(options: Mapping[str, Any]) -> Design:
    """Return how the options split."""
    return Design(
        split=options["split"],
        n_folds=options["folds"],
        window_days=options["window_days"],
        remove_seen=not options["keep_seen"],
        purchases_only=options["wanted"] == "purchase",
        seed=options["seed"],
    )


def contenders_of(options: Mapping[str, Any], site: Site | None) -> list[Contender]:
    """Return who takes part: those named, else the site's own, else every algorithm.

    Raises UnknownRecommender for a name that does not exist, SettingsError for a wrong setting.
    """
    named = [Contender(name, name) for name in options["algorithm"] or ()]
    own = _own(site, options["recommender"], is_chosen=bool(named)) if site else []
    found = [*own, *named] or [Contender(name, name) for name in available()]
    return _as_set([*found, *map(_named, options["also"])], options)


def also_of(options: Mapping[str, Any]) -> list[Contender]:
    """Return only those that --also names; raises as `contenders_of` does."""
    return _as_set([_named(text) for text in options["also"]], options)


def _as_set(found: Sequence[Contender], options: Mapping[str, Any]) -> list[Contender]:
    """Return them with what --set says of each."""
    overrides = _overrides(options["set"])
    known = [each.name for each in found]
    if foreign := sorted(set(overrides) - set(known)):
        raise UnknownRecommender(
            f"--set names {foreign[0]!r}, which takes no part",
            hint=f"Part take: {', '.join(known) or 'none that can be set'}.",
        )
    return [_checked(each, overrides.get(each.name, {})) for each in found]


def _named(text: str) -> Contender:
    name, _, algorithm = text.partition("=")
    if not name or not algorithm:
        raise UnknownRecommender(f"--also takes NAME=ALGORITHM; got {text!r}")
    return Contender(name, algorithm)


def _own(site: Site, keys: Sequence[str] | None, *, is_chosen: bool) -> list[Contender]:
    """Return a site's recommenders: those of these keys; all, unless others were chosen."""
    rows = {row.key: row for row in Recommender.objects.filter(site=site)}
    if unknown := [key for key in keys or () if key not in rows]:
        raise UnknownRecommender(
            f"unknown recommender {unknown[0]!r}", hint=f"Known here: {', '.join(rows) or 'none'}."
        )
    wanted = keys or ([] if is_chosen else list(rows))
    return [Contender(key, rows[key].algorithm, rows[key].settings) for key in wanted]


def _overrides(texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return settings by name of recommender; a value is JSON, else a word."""
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        path, _, value = text.partition("=")
        name, _, setting = path.rpartition(".")
        if not name or not setting or not value:
            raise UnknownRecommender(f"--set takes NAME.SETTING=VALUE; got {text!r}")
        found.setdefault(name, {})[setting] = _value(value)
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _checked(contender: Contender, overrides: Mapping[str, Any]) -> Contender:
    settings = {**contender.settings, **overrides}
    checked_settings(settings, recommender_class(contender.algorithm).defaults)
    return Contender(contender.name, contender.algorithm, settings)
