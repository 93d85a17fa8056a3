"""The compiled configuration in process memory: keys, sites, experiments. No request queries it."""

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings

from experiments.assignment.layers import variant_ranges
from experiments.assignment.specs import ExperimentSpec, PlacementSpec, VariantSpec
from experiments.lifecycle import Status
from experiments.models import ApiKey, ConfigVersion, Experiment, Placement, Site
from experiments.watching import Watched

log = logging.getLogger(__name__)

LIVE = (Status.SCHEDULED, Status.RUNNING, Status.PAUSED, Status.ENDED)
NOBODY: dict[str, Any] = {"$not": {}}  # the condition that no unit meets
DECIDING = (Status.RUNNING, Status.PAUSED)


@dataclass(frozen=True, slots=True)
class KeySpec:
    """What a request needs to know of its key."""

    digest: str
    prefix: str
    site_id: int
    is_publishable: bool
    scopes: frozenset[str]
    expires_at: datetime | None

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
    experiments: tuple[ExperimentSpec, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything at one version; replaced as a whole, never changed."""

    version: int
    keys: dict[str, KeySpec]
    sites: dict[int, SiteSpec]


def version() -> int:
    """Return the configuration's version; one small query."""
    row = ConfigVersion.objects.filter(id=1).values_list("version", flat=True).first()
    return row or 0


def load(_previous: Snapshot | None = None) -> Snapshot:
    """Return the snapshot compiled from the database, and keep a copy on disk."""
    seen = version()
    experiments = (
        Experiment.objects.filter(status__in=LIVE)
        .select_related("placement__layer", "allocation")
        .prefetch_related("variants")
        .order_by("id")
    )
    by_site: dict[int, list[ExperimentSpec]] = {}
    for row in experiments:
        by_site.setdefault(row.site_id, []).append(compile_experiment(row))
    placements: dict[int, list[Placement]] = {}
    for placement in Placement.objects.all():
        placements.setdefault(placement.site_id, []).append(placement)
    snapshot = Snapshot(
        version=seen,
        keys={key.digest: _key(key) for key in ApiKey.objects.filter(revoked_at=None)},
        sites={
            site.pk: _site(site, placements.get(site.pk, []), by_site.get(site.pk, []))
            for site in Site.objects.all()
        },
    )
    _keep_copy(snapshot)
    return snapshot


def compile_experiment(experiment: Experiment) -> ExperimentSpec:
    """Return an experiment as assignment sees it."""
    variants = list(experiment.variants.all())
    ranges = variant_ranges([variant.weight for variant in variants]) if variants else ()
    allocation = getattr(experiment, "allocation", None)
    return ExperimentSpec(
        id=experiment.pk,
        key=experiment.key,
        placement=experiment.placement.key,
        unit_type=experiment.unit_type,
        status=experiment.status,
        phase=experiment.phase,
        seed=experiment.seed,
        layer_seed=experiment.placement.layer.seed,
        allocation=((allocation.start, allocation.stop),) if allocation else (),
        variants=tuple(
            VariantSpec(
                id=variant.pk,
                key=variant.key,
                name=variant.name,
                range=span,
                parameters=_object(variant.parameters),
            )
            for variant, span in zip(variants, ranges, strict=True)
        ),
        condition=_object(experiment.eligibility, otherwise=NOBODY),
    )


def _object(value: Any, *, otherwise: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a JSON object; a column can hold other JSON, and no request may stumble over it."""
    return value if isinstance(value, dict) else otherwise or {}


def _key(key: ApiKey) -> KeySpec:
    return KeySpec(
        digest=key.digest,
        prefix=key.prefix,
        site_id=key.site_id,
        is_publishable=key.kind == ApiKey.Kind.PUBLISHABLE,
        scopes=frozenset(key.scopes),
        expires_at=key.expires_at,
    )


def _site(
    site: Site, placements: Iterable[Placement], experiments: list[ExperimentSpec]
) -> SiteSpec:
    deciding = [experiment for experiment in experiments if experiment.status in DECIDING]
    return SiteSpec(
        id=site.pk,
        slug=site.slug,
        currency=site.currency,
        timezone=site.timezone,
        allowed_origins=frozenset(site.allowed_origins),
        is_simulated=site.is_simulated,
        exposure_mode=site.exposure_mode,
        count_unverified=site.count_unverified,
        placements={
            placement.key: PlacementSpec(
                key=placement.key,
                parameters=_object(placement.parameters),
                experiments=tuple(e for e in deciding if e.placement == placement.key),
            )
            for placement in placements
        },
        experiments=tuple(experiments),
    )


def _copy_path() -> Path:
    return Path(settings.DATA_DIR) / "snapshot.json"


def _keep_copy(snapshot: Snapshot) -> None:
    """Write the last good copy, atomically; a disk that refuses must not stop the service."""
    try:
        _replace(_copy_path(), msgspec.json.encode(snapshot))
    except (OSError, ValueError) as error:
        log.error("configuration not copied to disk: %s", error)


def _replace(path: Path, content: bytes) -> None:
    """Put the content in the file's place; it lists key digests, so only this user may read it."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600, exist_ok=False)
    temporary.write_bytes(content)
    temporary.replace(path)


def restore() -> Snapshot | None:
    """Return the last good copy from disk, None when there is none that can be read."""
    try:
        return msgspec.json.decode(_copy_path().read_bytes(), type=Snapshot)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        log.error("the configuration's copy on disk cannot be read: %s", error)
        return None


watched: Watched[Snapshot] = Watched("configuration", version=version, load=load, restore=restore)


def current() -> Snapshot:
    """Return the snapshot of this process; no query, no lock, at most some seconds old."""
    return watched.get()
