"""What a unit bought not long ago, which it will not buy again yet."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

State = Mapping[str, NDArray[Any]]


def bought_within(extras: State, unit: int, *, days: float, since_days: float) -> NDArray[np.int64]:
    """Return the items that a unit bought within so many days before now.

    `extras`: an artifact's, with `bought.indptr|indices|age_days`; none are known without them.
    `unit`: its index, -1 for one that training did not see. `since_days`: from the end of the data
    until now.
    """
    if unit < 0 or "bought.indptr" not in extras:
        return np.zeros(0, np.int64)
    begin, end = extras["bought.indptr"][unit : unit + 2].tolist()
    ages = extras["bought.age_days"][begin:end] + since_days
    return np.asarray(extras["bought.indices"][begin:end][ages <= days], np.int64)
