"""Bringing files of items into a site, and taking out what they no longer hold."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.importing.catalogue_rows import CatalogueFile, CatalogueRow, read_catalogue
from config.importing.refused import RefusedRow
from config.importing.resumable import Imported, import_rows, rejects_beside, started
from experiments.models import Site
from recommenders.catalogue import ItemRecord, UpsertCount, absent_items, upsert_items
from recommenders.models import Item

CatalogueImport = Imported[UpsertCount]


@dataclass
class Present:
    """The items that files speak of, also in rows that were refused, which keeps those items.

    `n_untold`: refused rows of which nobody can tell what item they are about.
    """

    ids: set[str] = field(default_factory=set)
    n_untold: int = 0

    def seen(self, rows: Iterator[CatalogueRow]) -> Iterator[ItemRecord | RefusedRow]:
        """Yield what the rows came to, and remember what they are about."""
        for row in rows:
            if row.item_id:
                self.ids.add(row.item_id)
            else:
                self.n_untold += 1
            yield row.outcome


@dataclass(frozen=True, slots=True)
class Absent:
    """The active items that the files do not speak of; `n_active`: of so many before the import."""

    keys: Sequence[int]
    n_active: int
    n_untold: int

    def why_not(self) -> str:
        """Return why these should not be taken out without being sure, "" when they may."""
        if len(self.keys) * 2 > self.n_active:
            return (
                f"{len(self.keys):,} of {self.n_active:,} active items are not in the file, more "
                "than half: is it whole?"
            )
        if self.keys and self.n_untold:
            return f"{self.n_untold:,} refused rows do not tell which item they are about"
        return ""


def count_active(site: Site) -> int:
    """Return how many of a site's items may be shown."""
    return Item.objects.filter(site=site, is_active=True).count()


def import_catalogue(
    files: Sequence[CatalogueFile],
    *,
    site: Site,
    rejects: Path,
    present: Present,
    progress: Callable[[int], None] = lambda _rows: None,
) -> CatalogueImport:
    """Create or replace the items of files; return what became of their rows.

    Ended in between, it goes on where it was with the next call. `present` learns what the files
    speak of. `progress` is told of rows that were done. Raises SourceError on a file that cannot
    be read.
    """
    total = CatalogueImport(UpsertCount())
    for number, file in enumerate(files, start=1):
        beside = rejects_beside(rejects, number, of=len(files))
        total += _import_file(file, site, beside, present, progress)
    return total


def _import_file(
    file: CatalogueFile,
    site: Site,
    rejects: Path,
    present: Present,
    progress: Callable[[int], None],
) -> CatalogueImport:
    def store(items: list[ItemRecord]) -> UpsertCount:
        return upsert_items(site=site, items=items)

    state = started(site.slug, file.path, f"items {file}{rejects}", UpsertCount())
    rows = present.seen(read_catalogue(file, site.currency))
    return import_rows(rows, state, rejects=rejects, store=store, progress=progress)


def absent_from(site: Site, present: Present, n_active: int) -> Absent:
    """Return what of a site the files do not speak of; `n_active`: counted before the import."""
    keys = absent_items(site=site, present=present.ids)
    return Absent(keys, n_active, present.n_untold)
