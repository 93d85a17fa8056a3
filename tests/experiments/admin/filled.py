"""A site with a row in every table, all of whose names are hostile."""

import json

from axes.models import AccessAttempt
from django.utils import timezone

from analytics.models import Analysis, AnalysisSettings, Exploration, ShareLink
from experiments import services
from experiments.clock import microseconds
from experiments.keys import create_api_key
from experiments.models import (
    Duplicate,
    Event,
    Experiment,
    Exposure,
    FlaggedUnit,
    Holdout,
    InboxBatch,
    Quarantine,
    Site,
    Slate,
)
from recommenders.models import Artifact, Evaluation, MerchandisingRule, StaticList
from tests.factories import a_site, draft_experiment, member, stocked

EVIL = "<script>alert('&')</script>"


def record_all(site: Site, experiment: Experiment, number: int) -> None:
    """Write one row of everything that happens."""
    now = timezone.now()
    stamp = {"ts_us": microseconds(now), "day": "2026-11-20"}
    uuid = f"00000000-0000-4000-8000-{site.pk:06d}{number:06d}"
    variant = experiment.variants.first()
    assert variant is not None
    Event.objects.create(
        site=site,
        event_id=uuid,
        type="purchase",
        occurred_at=now,
        received_at=now,
        visitor_id=EVIL,
        order_id=EVIL,
        item_id=EVIL,
        amount=123_456,
        currency=site.currency,
        **stamp,
    )
    Slate.objects.create(
        site=site,
        request_id=uuid,
        placement="home",
        served_at=now,
        experiment=experiment,
        variant=variant,
        unit_id=EVIL,
        reason="SPLIT",
        recommender="popularity",
        artifact=EVIL,
        **stamp,
    )
    Exposure.objects.create(
        experiment=experiment, phase=1, unit_id=EVIL, variant=variant, first_at=now, **stamp
    )
    waiting = {"event_id": uuid, "type": "search", "occurred_at": now, "unit": {"visitor_id": EVIL}}
    InboxBatch.objects.create(
        site=site,
        kind="events",
        received_at=now,
        doc=json.dumps({"trusted": True, "now": now, "events": [waiting]}, default=str),
    )
    Duplicate.objects.create(
        site=site, event_id=uuid, type="search", received_at=now, visitor_id=EVIL
    )
    Quarantine.objects.create(
        site=site, received_at=now, code="bad", field=EVIL, detail=EVIL, body=EVIL
    )
    services.raise_notice(
        site=site,
        kind="test",
        title=EVIL,
        onset_key=str(number),
        detail=EVIL,
        experiment=experiment,
    )
    Analysis.objects.create(
        experiment=experiment,
        phase=1,
        settings={"note": EVIL},
        settings_hash="x",
        data_cut_us=0,
        code_version="1",
        status="failed",
        error=EVIL,
        sql=EVIL,
    )
    AnalysisSettings.objects.create(experiment=experiment)
    exploration = Exploration.objects.create(
        experiment=experiment,
        phase=1,
        name=EVIL,
        settings={},
        settings_hash="0",
        data_cut_us=0,
        code_version="test",
    )
    ShareLink.objects.create(
        experiment=experiment,
        exploration=exploration,
        title=EVIL,
        label=EVIL,
        digest=uuid,
        created_by=EVIL,
        expires_at=now,
    )


def filled_site(slug: str, currency: str = "EUR") -> Site:
    """Return a site whose every name is hostile, with a row in every table."""
    site = a_site(slug, name=f"{EVIL} {slug}", currency=currency)
    site.layers.update(name=EVIL)
    site.placements.update(name=EVIL)
    stocked(site, 3)
    site.item_set.update(title=EVIL, category=EVIL)
    create_api_key(site=site, name=EVIL)
    MerchandisingRule.objects.create(site=site, name=EVIL, kind="block", value=EVIL)
    StaticList.objects.create(site=site, name=EVIL, item_ids=[EVIL])
    FlaggedUnit.objects.create(
        site=site, unit_type="visitor", unit_id=EVIL, traffic="bot", detail=EVIL, at=timezone.now()
    )
    Holdout.objects.create(site=site, key="never", name=EVIL, seed=f"never-{slug}", buckets=500)
    services.create_webhook(site=site, name=EVIL, url="https://93.184.216.34/")
    Evaluation.objects.create(
        site=site,
        contenders=[{"name": EVIL, "algorithm": EVIL, "settings": {}}],
        until=timezone.now(),
        status="ready",
        results={
            "k": 10,
            "seed": 1,
            "baseline": EVIL,
            "facts": {"units": []},
            "runs": [],
            "rows": [],
            "pairs": {},
        },
        actor=EVIL,
        code_version="1",
    )
    member(site, "viewer", f"{EVIL} {slug}")
    AccessAttempt.objects.create(
        username=EVIL, ip_address="192.0.2.1", user_agent=f"{EVIL} {slug}", failures_since_start=3
    )
    for number in range(2):
        experiment = draft_experiment(site, f"test-{number}", allocation=2_000)
        experiment.variants.update(name=EVIL)
        Experiment.objects.filter(pk=experiment.pk).update(name=EVIL, hypothesis=EVIL)
        recommender = site.recommenders.order_by("pk")[number]
        artifact = Artifact.objects.create(
            site=site, recommender=recommender, version=EVIL, error=EVIL, status="failed"
        )
        recommender.champion = artifact
        recommender.save()
        record_all(site, experiment, number)
    return site
