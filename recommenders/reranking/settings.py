"""What a variant may say of its re-ranking, `rerank` among its parameters: checked, completed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from recommenders.errors import SettingsError

MOST_BLOCKED = 1_000
MOST_CAPPED = 100
MOST_AMONG = 1_000
MOST_DAYS = 3_650
KINDS = ("softmax", "epsilon")
ALIKE_BY = ("category", "content")
CAPPED_BY = ("category", "brand")


@dataclass(frozen=True, slots=True)
class Exploration:
    """How lists are drawn: `softmax` over the first `among` items, or `epsilon`.

    `temperature` of softmax: in standard deviations of the scores; `share` of epsilon: the share of
    a list that is drawn from all of them alike.
    """

    kind: str
    among: int = 50
    temperature: float = 0.5
    share: float = 0.1


@dataclass(frozen=True, slots=True)
class Diversity:
    """How much of the choice goes to what differs: 0 none, 1 all; alike by category or content."""

    strength: float
    by: str = "category"


@dataclass(frozen=True, slots=True)
class NewItems:
    """The share of a list, on average, that goes to items added at most so many days ago."""

    share: float
    days: int = 14


@dataclass(frozen=True, slots=True)
class Rerank:
    """How one variant's lists are re-ranked; as it is here, without any settings.

    `markets`: items that are sold elsewhere only are left out where the country is known.
    `blocked`: item ids never shown. `bought_days`: what the unit bought so many days ago or less
    is left out; 0 leaves nothing out. `caps`: most items of one category or brand on a list.
    """

    markets: bool = True
    blocked: frozenset[str] = frozenset()
    bought_days: int = 0
    category_cap: int = 0
    brand_cap: int = 0
    diversity: Diversity | None = None
    exploration: Exploration | None = None
    new_items: NewItems | None = None

    @property
    def is_random(self) -> bool:
        """Return whether two requests may get different lists for no other reason than chance."""
        return self.exploration is not None or self.new_items is not None

    @property
    def has_steps(self) -> bool:
        """Return whether more happens to a ranking than that it is filtered and cut."""
        return bool(self.category_cap or self.brand_cap or self.diversity or self.is_random)


PLAIN = Rerank()


def checked_rerank(given: Any) -> Rerank:
    """Return the settings of a variant's re-ranking; raises SettingsError that names the setting.

    >>> checked_rerank({"caps": {"category": 2}}).category_cap
    2
    """
    known = _object(given, "rerank", tuple(READERS))
    found: dict[str, Any] = {}
    for name, value in known.items():
        found |= READERS[name](value)
    return Rerank(**found)


def with_defaults(parameters: Mapping[str, Any], default: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a variant's parameters with the placement's for what they leave open of re-ranking.

    Those that say `"defaults": false`, as a running variant's do, leave nothing open.

    >>> with_defaults({"rerank": {"bought_days": 0}}, {"rerank": {"markets": False}})
    {'rerank': {'markets': False, 'bought_days': 0}}
    """
    behind, own = default.get("rerank"), parameters.get("rerank", {})
    if not behind or parameters is default or type(own) is not dict or type(behind) is not dict:
        return parameters
    if own.get("defaults") is False:
        return parameters
    return {**parameters, "rerank": {**behind, **own}}


def _defaults(value: Any) -> dict[str, Any]:
    """Return nothing: whether the placement's settings stand behind is no setting of a list."""
    if not isinstance(value, bool):
        raise _refused("defaults", value, "true or false")
    return {}


def _markets(value: Any) -> dict[str, Any]:
    if not isinstance(value, bool):
        raise _refused("markets", value, "true or false")
    return {"markets": value}


def _blocked(value: Any) -> dict[str, Any]:
    words = isinstance(value, list) and all(isinstance(each, str) for each in value)
    if not words or len(value) > MOST_BLOCKED:
        raise _refused("blocklist", value, f"a list of at most {MOST_BLOCKED} item ids")
    return {"blocked": frozenset(value)}


def _bought(value: Any) -> dict[str, Any]:
    return {"bought_days": _whole(value, "bought_days", 0, MOST_DAYS)}


def _caps(value: Any) -> dict[str, Any]:
    caps = _object(value, "caps", CAPPED_BY)
    return {
        f"{name}_cap": _whole(most, f"caps.{name}", 1, MOST_CAPPED) for name, most in caps.items()
    }


def _diversity(value: Any) -> dict[str, Any]:
    found = _object(value, "diversity", ("strength", "by"))
    strength = _number(found.get("strength", 0.3), "diversity.strength", 0, 1)
    by = _one_of(found.get("by", "category"), "diversity.by", ALIKE_BY)
    return {"diversity": Diversity(strength, by)}


def _exploration(value: Any) -> dict[str, Any]:
    found = _object(value, "exploration", ("kind", "among", "temperature", "share"))
    kind = _one_of(found.get("kind", "softmax"), "exploration.kind", KINDS)
    _only(found, kind, {"softmax": "temperature", "epsilon": "share"})
    return {
        "exploration": Exploration(
            kind=kind,
            among=_whole(found.get("among", 50), "exploration.among", 1, MOST_AMONG),
            temperature=_number(
                found.get("temperature", 0.5), "exploration.temperature", 0.01, 100
            ),
            share=_number(found.get("share", 0.1), "exploration.share", 0, 1),
        )
    }


def _only(found: Mapping[str, Any], kind: str, own: Mapping[str, str]) -> None:
    """Refuse the setting of another kind of exploration, which would be read as if it counted."""
    for other, name in own.items():
        if other != kind and name in found:
            raise SettingsError(
                f"rerank.exploration.{name} is a setting of {other}, and the kind is {kind}",
                field=f"rerank.exploration.{name}",
                hint=f"Leave it out, or choose the kind {other}.",
            )


def _new_items(value: Any) -> dict[str, Any]:
    found = _object(value, "new_items", ("share", "days"))
    share = _number(found.get("share", 0.1), "new_items.share", 0, 0.5)
    return {
        "new_items": NewItems(share, _whole(found.get("days", 14), "new_items.days", 1, MOST_DAYS))
    }


READERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "defaults": _defaults,
    "markets": _markets,
    "blocklist": _blocked,
    "bought_days": _bought,
    "caps": _caps,
    "diversity": _diversity,
    "exploration": _exploration,
    "new_items": _new_items,
}


def _object(value: Any, name: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    """Return an object with known names only."""
    if not isinstance(value, Mapping):
        raise _refused(name, value, f"an object with some of {', '.join(known)}")
    if unknown := sorted(str(each) for each in value if each not in known):
        path = unknown[0] if name == "rerank" else f"{name}.{unknown[0]}"
        raise SettingsError(
            f"unknown setting rerank.{path}",
            field=f"rerank.{path}",
            hint=f"Known here: {', '.join(known)}.",
        )
    return value


def _whole(value: Any, name: str, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise _refused(name, value, f"a whole number from {low} to {high}")
    return value


def _number(value: Any, name: str, low: float, high: float) -> float:
    if type(value) not in (int, float) or not low <= value <= high:
        raise _refused(name, value, f"a number from {low:g} to {high:g}")
    return float(value)


def _one_of(value: Any, name: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise _refused(name, value, f"one of {', '.join(known)}")
    return str(value)


def _refused(name: str, value: Any, expected: str) -> SettingsError:
    path = name if name == "rerank" else f"rerank.{name}"
    return SettingsError(f"{path} must be {expected}; it is {value!r:.80}", field=path)
