"""How much of an interaction's strength counts, where algorithms leave the choice."""

import numpy as np
from scipy.sparse import csr_matrix

from recommenders.base import Settings
from recommenders.errors import SettingsError

WAYS = ("log", "plain", "one")


def checked_way(settings: Settings) -> str:
    """Return the setting `weights`; raises SettingsError that names the ways there are."""
    way = settings["weights"]
    if way not in WAYS:
        raise SettingsError(
            f"weights must be one of {', '.join(WAYS)}; it is {way!r}",
            field="settings.weights",
        )
    return str(way)


def weighed(summed: csr_matrix, way: str) -> csr_matrix:
    """Return summed weights as they count: `log`: log(1 + w), `plain`: w, `one`: 1 where w > 0.

    The argument stays as it was.

    >>> weighed(csr_matrix(np.array([[0.0, 3.0]])), "one").toarray().tolist()
    [[0.0, 1.0]]
    """
    counted: csr_matrix = summed.astype(np.float32, copy=True)
    if way == "log":
        counted.data = np.log1p(counted.data)
    elif way == "one":
        counted.data = (counted.data > 0).astype(np.float32)
    return counted
