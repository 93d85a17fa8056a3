"""What the compiled configuration consists of. Nothing here is ever changed, only replaced."""

from dataclasses import dataclass
from datetime import datetime

from experiments.assignment.specs import ExperimentSpec, PlacementSpec
from experiments.lifecycle import Status

# What anybody may hear of; drafts are compiled too, but only testers meet them.
PUBLISHED = (Status.SCHEDULED, Status.RUNNING, Status.PAUSED, Status.ENDED)


@dataclass(frozen=True, slots=True)
class KeySpec:
    """What a request needs to know of its key."""

    digest: str
    prefix: str
    site_id: int
    is_publishable: bool
    scopes: frozenset[str]
    expires_at: datetime | None
    id: int | None = None  # of the row; a copy that an older version left on the disk has none

    def is_valid(self, now: datetime) -> bool:
        """Return whether the key has not expired; revoked keys are not in the snapshot."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """One site: what its requests are checked against and decided by."""

    id: int
    slug: str
    currency: str
    timezone: str
    allowed_origins: frozenset[str]
    is_simulated: bool
    exposure_mode: str
    count_unverified: bool
    placements: dict[str, PlacementSpec]
    experiments: dict[int, ExperimentSpec]
    hash_ids: bool = False
    internal_networks: tuple[str, ...] = ()
    erased: frozenset[str] = frozenset()  # beginnings of the digests of erased units

    @property
    def published(self) -> list[ExperimentSpec]:
        """Return the experiments that anybody may hear of, oldest first."""
        return [each for each in self.experiments.values() if each.status in PUBLISHED]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything at one version; replaced as a whole, never changed."""

    version: int
    keys: dict[str, KeySpec]
    sites: dict[int, SiteSpec]
