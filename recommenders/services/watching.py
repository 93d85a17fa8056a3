"""Measuring, for each recommender, how far its data have drifted and whether its CTR decays."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from numpy.typing import NDArray

from experiments.clock import microseconds
from experiments.lifecycle import Status
from experiments.models import Experiment, Slate, Variant
from recommenders import selectors
from recommenders.artifacts import load_artifact
from recommenders.decay import Cell, ctr_change
from recommenders.drift import FEWEST, MOST, Profile, drift, profile, sampled, touches
from recommenders.errors import ArtifactError
from recommenders.interactions import Dataset, build_dataset
from recommenders.models import Artifact, Recommender
from recommenders.services.registering import GROUPS

NEWEST = timedelta(days=28)  # of the interactions that are compared with the artifact's
STRETCH = timedelta(days=7)  # a whole week on either side, as weekdays differ
DAY_US = 86_400_000_000


def measure(*, recommender_id: int) -> None:
    """Measure drift and decay of a recommender, whatever they are watched for."""
    recommender = Recommender.objects.select_related("site", "champion__recommender").get(
        pk=recommender_id
    )
    now = timezone.now()
    measure_drift(recommender=recommender, now=now)
    measure_decay(recommender=recommender, now=now)


def measure_drift(*, recommender: Recommender, now: datetime) -> None:
    """Compare what came after the champion's data with these, and keep the indexes by feature.

    Of more interactions than can be held a sample is compared. Kept as {"at", "artifact", "n",
    "features"}, or {"at", "missing"} where nothing can be said.
    """
    champion = recommender.champion
    reading = _drift_of(champion, now) if champion else {"missing": "it has no champion"}
    recommender.drift = {"at": now.isoformat(), **reading}
    Recommender.objects.filter(pk=recommender.pk).update(drift=recommender.drift)


def _drift_of(champion: Artifact, now: datetime) -> dict[str, Any]:
    known = champion.manifest.get("profile")
    since = max(champion.trained_until or now, now - NEWEST)
    rows = selectors.interactions(champion.site, until=now, since=since)
    recent = build_dataset(
        sampled(rows, MOST, np.random.default_rng(champion.pk)),
        selectors.item_features(champion.site),
        now_us=microseconds(now),
    )
    n = len(recent.data.item)
    if not known or n < FEWEST:
        missing = f"{n:,} interactions since its data end; {FEWEST:,} are needed"
        return {"missing": missing if known else "it keeps no profile of its data"}
    try:
        groups = _groups(champion, recent)
    except ArtifactError as error:
        return {"missing": str(error)}
    before = Profile(**known)
    after = profile(touches(recent.data, groups, recent.category_ids), edges=before.edges)
    return {"artifact": champion.full_name, "n": n, "features": drift(before, after)}


def _groups(champion: Artifact, recent: Dataset) -> NDArray[np.int8]:
    """Return the popularity group that each item had in the champion's data, -1 for new ones."""
    opened = load_artifact(Path(settings.DATA_DIR) / champion.path, sha256=champion.sha256)
    kept = np.asarray(opened.extras[GROUPS])
    places = np.array([opened.item_index(each) for each in recent.item_ids], np.int64)
    groups: NDArray[np.int8] = np.where(places < 0, np.int8(-1), kept[places])
    return groups


def measure_decay(*, recommender: Recommender, now: datetime) -> None:
    """Compare its CTR against control in the newest week with that in the phase's first week.

    Kept as {"at", "experiments"}, one entry for each variant of a running experiment it answers.
    """
    found = [_decay_of(variant, now) for variant in _treatments(recommender)]
    recommender.decay = {"at": now.isoformat(), "experiments": found}
    Recommender.objects.filter(pk=recommender.pk).update(decay=recommender.decay)


def _treatments(recommender: Recommender) -> Iterator[Variant]:
    rows = Variant.objects.filter(
        experiment__site=recommender.site,
        experiment__status=Status.RUNNING,
        is_control=False,
        parameters__recommender=recommender.key,
    )
    yield from rows.select_related("experiment").order_by("pk")


def _decay_of(variant: Variant, now: datetime) -> dict[str, Any]:
    experiment = variant.experiment
    named = {"key": experiment.key, "variant": variant.name, "has_decayed": False}
    control = experiment.variants.filter(is_control=True).first()
    began = _phase_began(experiment)
    if control is None or began is None or now - began < 2 * STRETCH:
        return {**named, "missing": "its phase has not run for two weeks"}
    then, newest = (
        tuple(_cell(each, start) for each in (control, variant)) for start in (began, now - STRETCH)
    )
    change = ctr_change((then[0], then[1]), (newest[0], newest[1]))
    if change.missing:
        return {**named, "missing": change.missing}
    numbers = {"change": change.change, "low": change.low, "high": change.high}
    return {**named, **numbers, "has_decayed": change.has_decayed}


def _phase_began(experiment: Experiment) -> datetime | None:
    phase = experiment.phases.order_by("-number").first()
    return phase.started_at if phase else None


def _cell(variant: Variant, start: datetime) -> Cell:
    """Return a variant's sums over one week of the phase, unit by unit."""
    begin_us = microseconds(start)
    rows = Slate.objects.filter(
        experiment_id=variant.experiment_id,
        phase=variant.experiment.phase,
        variant=variant,
        traffic="",
        ts_us__gte=begin_us,
        ts_us__lt=begin_us + STRETCH.days * DAY_US,
    )
    units = rows.values("unit_id").annotate(n=Count("pk"), clicks=Count("pk", Q(clicked__gt=0)))
    return Cell.of(units.values_list("clicks", "n"))
