"""Many texts as one array of code points, whatever they were given as."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.errors import InvalidInput

Ids = Sequence[str] | NDArray[Any]


@dataclass(frozen=True, slots=True)
class Texts:
    """Text i is `points[starts[i]:stops[i]]`: code points, as bytes where all are ASCII."""

    points: NDArray[Any]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, row: int) -> str:
        """Return one text."""
        points = self.points[self.starts[row] : self.stops[row]].astype("<u4")
        return points.tobytes().decode("utf-32-le", "surrogatepass")

    def take(self, rows: NDArray[np.intp] | slice) -> "Texts":
        """Return some of the texts, sharing their characters."""
        return Texts(self.points, self.starts[rows], self.stops[rows])

    @property
    def is_empty(self) -> NDArray[np.bool_]:
        """Return which texts have no character."""
        return self.starts == self.stops


def texts_of(ids: Ids) -> Texts:
    """Return ids as texts; raises InvalidInput unless they are one column of texts.

    `ids`: a sequence of str or a numpy array of text, bytes (UTF-8) or objects. Fixed-width arrays
    are read where they are; they cannot hold NUL at the end of a text.
    """
    if not isinstance(ids, np.ndarray):
        return _joined(ids)
    if ids.ndim != 1 or ids.dtype.kind not in "USTO":
        raise InvalidInput(
            f"unit ids must be one column of texts; got {ids.ndim} of {ids.dtype}", field="unit_ids"
        )
    if ids.dtype.kind == "S" and ids.dtype.itemsize:
        return _bytes(ids)
    if ids.dtype.kind == "U" and ids.dtype.itemsize:
        return _rows(
            np.ascontiguousarray(ids, dtype=ids.dtype.newbyteorder("=")).view(np.uint32), ids
        )
    return _joined(ids.tolist())


def _joined(ids: Sequence[str]) -> Texts:
    try:
        joined = "".join(ids)
    except TypeError as error:
        raise InvalidInput(f"unit ids must be texts: {error}", field="unit_ids") from None
    stops = np.fromiter(accumulate(map(len, ids)), np.int64, len(ids))
    starts = np.concatenate((np.zeros(1, np.int64), stops[:-1])) if len(ids) else stops
    if joined.isascii():
        return Texts(np.frombuffer(joined.encode("ascii"), np.uint8), starts, stops)
    points = joined.encode("utf-32-le", "surrogatepass")
    return Texts(np.frombuffer(points, "<u4").astype(np.uint32), starts, stops)


def _bytes(ids: NDArray[Any]) -> Texts:
    """Return fixed-width bytes as they are when they are ASCII, else decoded."""
    flat = np.ascontiguousarray(ids).view(np.uint8)
    if flat.size == 0 or flat.max() < 0x80:
        return _rows(flat, ids)
    try:
        return _joined([each.decode() for each in ids.tolist()])
    except UnicodeDecodeError as error:
        raise InvalidInput(f"unit ids must be UTF-8: {error}", field="unit_ids") from None


def _rows(points: NDArray[Any], ids: NDArray[Any]) -> Texts:
    """Return the texts of a fixed-width array, without the zeros that fill each row."""
    width = len(points) // len(ids) if len(ids) else 0
    starts = np.arange(len(ids), dtype=np.int64) * width
    rows = points.reshape(len(ids), width)
    if not len(ids) or rows[:, -1].all():
        return Texts(points, starts, starts + width)
    filled = rows != 0
    lengths = np.where(filled.any(axis=1), width - np.argmax(filled[:, ::-1], axis=1), 0)
    return Texts(points, starts, starts + lengths)
