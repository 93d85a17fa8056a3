"""What a class says of itself, looked at without fitting it."""

from collections.abc import Mapping
from typing import Any

from recommenders.base import Capability, checked_settings

METHODS = ("fit", "score", "state", "from_state")
PLAIN = (bool, int, float, str, dict)  # what a settings field of JSON holds


def faults_of(chosen: Any) -> list[str]:
    """Return what keeps an object from being a recommender's class, nothing for a good one."""
    if not isinstance(chosen, type):
        return [f"it is {chosen!r}, not a class"]
    missing = [name for name in METHODS if not callable(getattr(chosen, name, None))]
    return [
        *(f"it has no method {name}" for name in missing),
        *_faults_of_flags(chosen),
        *_faults_of_defaults(chosen),
    ]


def _faults_of_flags(chosen: type) -> list[str]:
    can = getattr(chosen, "can", None)
    if not isinstance(can, frozenset) or not all(isinstance(flag, Capability) for flag in can):
        return [f"`can` must be a frozenset of Capability; it is {can!r}"]
    if Capability.PARTIAL in can and not callable(getattr(chosen, "fit_partial", None)):
        return ["it declares PARTIAL and has no method fit_partial"]
    return []


def _faults_of_defaults(chosen: type) -> list[str]:
    defaults = getattr(chosen, "defaults", None)
    if not isinstance(defaults, Mapping):
        return [f"`defaults` must map names of settings to values; it is {defaults!r}"]
    odd = [name for name, value in defaults.items() if not isinstance(value, PLAIN)]
    if odd:
        given = defaults[odd[0]]
        return [f"the default of {odd[0]!r} must be text, a number or a mapping; it is {given!r}"]
    try:
        chosen(checked_settings({}, defaults))
    except Exception as error:  # noqa: BLE001 - a plug-in may fail in any way
        return [f"it does not take its own defaults: {type(error).__name__}: {error}"]
    return []
