"""The configuration in memory: what it holds, when it changes, what reading it costs."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from experiments import snapshot
from experiments.assignment.assign import decide_placement
from experiments.assignment.specs import Reason, UnitIds, Visit
from experiments.keys import create_api_key, revoke_api_key
from experiments.models import Allocation, ApiKey, Experiment, Placement, Site, Variant
from experiments.services import end_experiment, pause_experiment, start_experiment
from experiments.snapshot import SiteSpec
from tests.experiments.sites import a_ready_site, started
from tests.factories import draft_experiment

pytestmark = pytest.mark.django_db

VISITOR = UnitIds(visitor_id="v-81")


@pytest.fixture
def site() -> Site:
    return a_ready_site()


@pytest.fixture
def _warm(settings: Settings, site: Site) -> None:
    """Keep the snapshot as a serving process does: read now, asked about again in an hour."""
    started(site)
    settings.SNAPSHOT_MAX_AGE_S = 3600


def spec_of(site: Site) -> SiteSpec:
    return snapshot.current().sites[site.pk]


def reason_at_home(site: Site) -> Reason:
    return decide_placement(spec_of(site).placements["home"], Visit(VISITOR, {})).reason


def test_experiment__compiled__is_what_its_rows_say(site: Site) -> None:
    row = started(site, allocation=2500, eligibility={"country": "DE"}, unit_type="account")

    found = spec_of(site).published[0]

    layer = site.placements.get(key="home").layer
    assert (found.id, found.key, found.placement) == (row.pk, "home-test", "home")
    assert (found.seed, found.layer_seed, found.phase) == (row.seed, layer.seed, 1)
    assert (found.unit_type, found.condition) == ("account", {"country": {"$eq": "DE"}})
    assert found.allocation == ((0, 2500),)
    assert [(v.key, v.range) for v in found.variants] == [
        ("control", (0, 5000)), ("treatment", (5000, 10_000)),
    ]  # fmt: skip
    assert found.variants[1].parameters["recommender"] == "random"


def test_life_of_an_experiment__step_by_step__is_seen_at_once(site: Site) -> None:
    draft = draft_experiment(site)
    seen = [reason_at_home(site)]
    start = partial(start_experiment, waiver="a test")
    for step in (start, pause_experiment, start, end_experiment):
        step(experiment_id=draft.pk)
        seen.append(reason_at_home(site))

    assert seen == ["NO_EXPERIMENT", "SPLIT", "PAUSED", "SPLIT", "NO_EXPERIMENT"]
    assert [experiment.status for experiment in spec_of(site).published] == ["ended"]


def test_keys__revoked_or_expired__are_not_valid(site: Site) -> None:
    now = datetime.now(UTC)
    row, _secret = create_api_key(site=site, name="a key")
    assert snapshot.current().keys[row.digest].is_valid(now)

    row.expires_at = now + timedelta(minutes=1)
    row.save()
    expiring = snapshot.current().keys[row.digest]
    revoke_api_key(key=row)

    assert expiring.is_valid(now)
    assert not expiring.is_valid(now + timedelta(minutes=1))
    assert row.digest not in snapshot.current().keys


@pytest.mark.parametrize(
    "change",
    [
        lambda site: site.save(),
        lambda site: site.layers.get(key="home").save(),
        lambda site: site.placements.get(key="home").save(),
        lambda site: Experiment.objects.get().save(),
        lambda site: Variant.objects.all()[0].save(),
        lambda site: Allocation.objects.get().save(),
        lambda site: create_api_key(site=site, name="new"),
        lambda site: Variant.objects.all()[0].delete(),
        lambda site: Allocation.objects.get().delete(),
        lambda site: Experiment.objects.all().delete(),
        lambda site: ApiKey.objects.all().delete(),
    ],
)
def test_version__whatever_it_is_made_of_changes__rises(site: Site, change: Any) -> None:
    started(site)
    create_api_key(site=site, name="old")
    before = snapshot.current()

    change(site)

    assert snapshot.version() > before.version
    assert snapshot.current() is not before


def test_snapshot__nothing_has_changed__is_the_same_object(site: Site) -> None:
    assert snapshot.current() is snapshot.current()


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda: Variant.objects.all().delete(), Reason.NOT_STARTED),
        (lambda: Allocation.objects.all().delete(), Reason.NOT_IN_LAYER),
        (lambda: Experiment.objects.update(eligibility=[1]), Reason.NOT_ELIGIBLE),
        (lambda: Experiment.objects.update(eligibility={"$xor": 1}), Reason.NOT_ELIGIBLE),
        (lambda: Variant.objects.update(parameters=[]), Reason.SPLIT),
        (lambda: Placement.objects.update(parameters="popularity"), Reason.SPLIT),
    ],
    ids=["no variants", "no buckets", "condition is a list", "condition", "variant", "placement"],
)
def test_rows__spoilt_behind_our_back__fail_no_request_and_can_be_copied(
    site: Site, spoil: Any, expected: Reason, settings: Settings
) -> None:
    started(site)
    spoil()
    snapshot.watched.reset()

    assert reason_at_home(site) == expected
    assert snapshot.restore() == snapshot.current()


@pytest.mark.usefixtures("_warm")
def test_decision__on_a_warm_snapshot__asks_the_database_nothing(
    site: Site, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert reason_at_home(site) == "SPLIT"

    with django_assert_num_queries(0):
        assert reason_at_home(site) == "SPLIT"


def ask(site: Site, path: str, secret: str) -> Any:
    body = {"unit": {"visitor_id": "v-81"}}
    if path == "recommendations":
        body |= {"placement": "home"}  # type: ignore[dict-item]
    return Client().post(
        f"/api/v1/{path}",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )


@pytest.mark.parametrize(
    ("path", "mode", "statements"),
    [
        ("recommendations", "durable", ["INSERT"]),
        ("recommendations", "buffered", []),
        ("assignments", "durable", []),
    ],
)
@pytest.mark.usefixtures("_warm")
def test_request__on_a_warm_process__writes_its_slate_and_asks_nothing(
    site: Site, path: str, mode: str, statements: list[str]
) -> None:
    site.exposure_mode = mode
    site.save()
    _row, secret = create_api_key(site=site, name="shop")
    assert ask(site, path, secret).status_code == 200

    with CaptureQueriesContext(connection) as queries:
        answer = ask(site, path, secret)

    assert answer.status_code == 200
    said = [query["sql"] for query in queries]
    assert [sql.split()[0] for sql in said] == statements, said
    assert all("experiments_inboxbatch" in sql for sql in said)
