"""At most so many items of one category or brand on a list."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Groups = NDArray[np.int64]


def within_caps(
    ranked: NDArray[np.int64], caps: Sequence[tuple[Groups, int]], *, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places in `ranked` that keep within every cap, and those passed over; in order.

    `ranked`: item indexes, best first. `caps`: (group of each item, shape (n_items,), -1 for none;
    most items of one group). Stops at `most` places kept; what comes after is in neither.
    """
    kept: list[int] = []
    passed: list[int] = []
    groups = [group[ranked].tolist() for group, _most in caps]
    seen_of: list[dict[int, int]] = [{} for _cap in caps]
    for place in range(len(ranked)):
        if len(kept) == most:
            break
        own = [(each[place], seen) for each, seen in zip(groups, seen_of, strict=True)]
        counts = [seen.get(group, 0) if group >= 0 else 0 for group, seen in own]
        if any(count >= top for count, (_group, top) in zip(counts, caps, strict=True)):
            passed.append(place)
            continue
        kept.append(place)
        for count, (group, seen) in zip(counts, own, strict=True):
            seen[group] = count + 1
    return np.array(kept, np.int64), np.array(passed, np.int64)
