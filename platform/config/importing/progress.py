"""How far an import came, on disk: killed and started again, it goes on from there."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

from django.conf import settings

CHUNK = 1 << 20


class _Count(Protocol):
    """What became of records, in numbers: a dataclass whose sums are of its kind."""

    def __add__(self, other: Self, /) -> Self: ...


Count = TypeVar("Count", bound=_Count)


@dataclass
class Progress(Generic[Count]):
    """What was committed of a file: its rows, what became of them, and the rejects file's size."""

    path: Path
    count: Count
    rows: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    rejects_bytes: int = 0

    def save(self) -> None:
        """Write it whole or not at all."""
        document = asdict(self) | {"path": None}
        beside = self.path.with_suffix(".new")
        with beside.open("w") as stream:
            json.dump(document, stream)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(self.path)

    def forget(self) -> None:
        """Remove it: the file was read to its end."""
        self.path.unlink(missing_ok=True)


def progress_of(site: str, file: Path, how: str, nothing: Count) -> Progress[Count]:
    """Return how far the import of a file's content into a site came; new when it never began.

    `how`: what else decides what becomes of a row; another way of reading begins anew. `nothing`:
    the count before the first row.
    """
    digest = hashlib.sha256(f"{site}\n{how}\n".encode())
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    folder = Path(settings.DATA_DIR) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{digest.hexdigest()[:32]}.json"
    if not path.exists():
        return Progress(path, nothing)
    document: dict[str, Any] = json.loads(path.read_text())
    count = type(nothing)(**document.pop("count"))
    return Progress(**(document | {"path": path, "count": count}))
