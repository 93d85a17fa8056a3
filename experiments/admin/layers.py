"""Who holds which buckets of a layer, as a bar, and what is left for one more experiment."""

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.assignment.hashing import BUCKETS
from experiments.assignment.layers import complement, variant_ranges
from experiments.lifecycle import HOLDS_BUCKETS
from experiments.models import Allocation, Experiment, Layer, Variant

PER_CENT = BUCKETS / 100
NARROW = 8  # per cent: below, a label has no room beside its neighbours
PER_LETTER = 2.3  # per cent of the bar that a letter takes on a telephone


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a bar in per cent of its width; `kind`: mine, other, free, or a mark."""

    start: float
    stop: float
    kind: str
    label: str

    @property
    def width(self) -> float:
        """Return the width in per cent."""
        return round(self.stop - self.start, 2)

    @property
    def has_room(self) -> bool:
        """Return whether the label fits inside."""
        return self.width >= max(NARROW, len(self.label) * PER_LETTER)

    @property
    def text(self) -> str:
        """Return the part in words.

        >>> Part(25.0, 75.0, "free", "free").text
        'free: 50 %, from 25 to 75'
        """
        return f"{self.label}: {self.width:g} %, from {self.start:g} to {self.stop:g}"


def held(layer: Layer, *, besides: Experiment | None = None) -> list[Allocation]:
    """Return the allocations that hold buckets of a layer, in their order."""
    rows = layer.allocations.filter(experiment__status__in=HOLDS_BUCKETS)
    if besides is not None and besides.pk:
        rows = rows.exclude(experiment=besides)
    return list(rows.select_related("experiment").order_by("start"))


def layer_bar(layer: Layer, experiment: Experiment | None = None) -> list[Part]:
    """Return the layer from 0 to 100 %: this experiment, those that hold buckets, and the rest."""
    others = held(layer, besides=experiment)
    taken = [(each.start, each.stop) for each in others]
    parts = [_part(each.start, each.stop, "other", each.experiment.key) for each in others]
    mine = Allocation.objects.filter(experiment=experiment, layer=layer).first()
    if experiment and mine and experiment.ended_at is None:
        taken.append((mine.start, mine.stop))
        parts.append(_part(mine.start, mine.stop, "mine", "this experiment"))
    parts += [_part(start, stop, "free", "free") for start, stop in complement(taken)]
    return sorted(parts, key=lambda part: (part.start, part.kind))


def variant_bar(variants: Sequence[Variant]) -> list[Part]:
    """Return how the units that enter are split over the variants."""
    if not variants:
        return []
    ranges = variant_ranges([variant.weight for variant in variants])
    return [
        _part(start, stop, str(min(mark, 4)), variant.name)
        for mark, (variant, (start, stop)) in enumerate(zip(variants, ranges, strict=True))
    ]


def why_no_room(layer: Layer, share: float, *, besides: Experiment | None = None) -> str:
    """Return why a share of a layer, in per cent, cannot be lent; "" when it can."""
    others = held(layer, besides=besides)
    gaps = complement((each.start, each.stop) for each in others)
    largest = max((stop - start for start, stop in gaps), default=0) / PER_CENT
    if share <= largest:
        return ""
    holders = ", ".join(
        f"{each.experiment.key} holds {(each.stop - each.start) / PER_CENT:g} %" for each in others
    )
    mend = f"Take {int(largest)} % or less, or" if largest >= 1 else "To make room,"
    return (
        f"{layer.name} has no {share:g} % free in one piece: {holders}. "
        f"{mend} end one of these experiments first."
    )


def _part(start: int, stop: int, kind: str, label: str) -> Part:
    return Part(start / PER_CENT, stop / PER_CENT, kind, label)
