"""What the reader chose to see: which effect, how wide a range, whose metric over time."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.http import urlencode

EFFECTS = {"relative": "Relative", "absolute": "Absolute", "scaled": "Per day"}
LEVELS = ("80", "95", "99")
NEEDS = ("effect", "level", "over")


@dataclass(frozen=True, slots=True)
class Option:
    """One of several views, with the address that shows it."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The view of a report; `over`: the key of the metric drawn over time, "" for the primary."""

    effect: str = "relative"
    level: str = "95"
    over: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], level: str = "95") -> "Choice":
        """Return the view that an address asks for; what it does not know is the usual one.

        >>> Choice.of({"effect": "absolute", "level": "7"})
        Choice(effect='absolute', level='95', over='')
        """
        effect, asked = query.get("effect", ""), query.get("level", "")
        return cls(
            effect=effect if effect in EFFECTS else "relative",
            level=asked if asked in LEVELS else level,
            over=query.get("over", "")[:80],
        )

    @property
    def percent(self) -> str:
        """Return the level as it is written."""
        return f"{self.level} %"


def address(query: Mapping[str, str], anchor: str, **changes: str) -> str:
    """Return the address of the same page in another view, at a place of it.

    >>> address({"site": "shop", "level": "80"}, "show", effect="absolute")
    '?site=shop&effect=absolute&level=80#show'
    """
    kept = {name: query[name] for name in ("site", *NEEDS) if query.get(name)}
    values = {name: (kept | changes).get(name, "") for name in ("site", *NEEDS)}
    return f"?{urlencode({name: value for name, value in values.items() if value})}#{anchor}"


def effect_options(query: Mapping[str, str], choice: Choice) -> tuple[Option, ...]:
    """Return the three ways to state an effect."""
    return tuple(
        Option(label, address(query, "show", effect=key), key == choice.effect)
        for key, label in EFFECTS.items()
    )


def level_options(query: Mapping[str, str], choice: Choice) -> tuple[Option, ...]:
    """Return the widths of a range."""
    return tuple(
        Option(f"{level} %", address(query, "show", level=level), level == choice.level)
        for level in LEVELS
    )


def metric_options(
    query: Mapping[str, str], names: Mapping[str, str], current: str
) -> tuple[Option, ...]:
    """Return the metrics that are there over time, by key and name."""
    return tuple(
        Option(name, address(query, "time", over=key), key == current)
        for key, name in names.items()
    )
