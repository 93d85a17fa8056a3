"""Which attributes cut the units into segments, and how many units each segment has.

Their names are found in the first 2 000 units by id (the unique index of exposures); the units are
then counted by value, every k-th exposure of at most some 200 000, for the text of a JSON is taken
apart for each.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F
from django.db.models.fields.json import KeyTextTransform

from analytics.queries.arrivals import units_by_value
from analytics.reporting.scope import Scope
from experiments.models import Exposure

LOOKED_AT = 2_000
MOST_VALUES = 12
MOST_ATTRIBUTES = 5
COUNTED = 200_000
LONGEST = 60  # characters of a value

Segments = dict[tuple[str, str], Counter[int]]  # units by attribute and value, and by variant


def units_by_attribute(scope: Scope, n_units: int) -> Segments:
    """Return the units that count by attribute, value and variant."""
    step = max(1, n_units // COUNTED)
    found: Segments = {}
    for name, values in attributes_of(scope).items():
        for text, variant_id, n in _counted(scope, name, step):
            if text in values:
                found.setdefault((name, text), Counter())[variant_id] += n
    return found


def attributes_of(scope: Scope) -> dict[str, set[str]]:
    """Return the attributes of few values that most units have, with these values."""
    rows = _units(scope).order_by("unit_id").values_list("attributes", flat=True)[:LOOKED_AT]
    values: dict[str, Counter[str]] = {}
    n = 0
    for attributes in rows:
        n += 1
        for name, value in attributes.items():
            if isinstance(value, str | int | bool):  # a list or a fraction is no segment
                values.setdefault(name, Counter())[_text(value)] += 1
    fit = {
        name: counts
        for name, counts in values.items()
        if 2 <= len(counts) <= MOST_VALUES and counts.total() * 2 >= n and not name.isdigit()
    }
    most = sorted(fit, key=lambda name: (-fit[name].total(), name))[:MOST_ATTRIBUTES]
    return {name: set(fit[name]) for name in most}


def _counted(scope: Scope, name: str, step: int) -> Iterator[tuple[str, int, int]]:
    """Yield value, variant id and how many units; by the basis `viewed` of all units."""
    if scope.is_viewed:
        for value, counts in units_by_value(scope.cut, name).items():
            yield from ((value[:LONGEST], variant_id, n) for variant_id, n in counts.items())
        return
    rows = (
        _units(scope)
        .annotate(rest=F("id") % step, value=KeyTextTransform(name, "attributes"))
        .filter(rest=0)
        .values_list("value", "variant_id")
        .annotate(n=Count("id"))
        .order_by()
    )
    yield from ((_text(value), variant_id, n) for value, variant_id, n in rows)


def _units(scope: Scope) -> Any:
    return Exposure.objects.filter(
        experiment=scope.experiment,
        phase=scope.phase,
        is_multiple=False,
        traffic="",
        ts_us__lte=scope.until_us,
    )


def _text(value: object) -> str:
    """Return a value as both databases write it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:LONGEST]
