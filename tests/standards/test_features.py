"""The payload for local evaluation: what it holds, what it never shows, how it is cached."""

from datetime import UTC, datetime
from typing import Any

import pytest

from experiments import snapshot
from experiments.api.features import _payload_of
from experiments.assignment.specs import ExperimentSpec, PlacementSpec, PrerequisiteSpec
from experiments.models import Allocation, Experiment, Override, Placement, Site
from experiments.payload import features_of
from experiments.snapshot import SiteSpec
from tests.callers import key_for, problem_of
from tests.experiments.assignment.specs import a_spec
from tests.factories import a_site, draft_experiment, running_experiment
from tests.standards.callers import call, page_key

SHOP = "https://shop.example"


def fetch(key: str, **headers: str) -> Any:
    return call("GET", f"/api/features/{key}", **headers)


def features(site: Site) -> dict[str, Any]:
    response = fetch(page_key(site))
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()["features"]
    return found


@pytest.mark.django_db
def test_features__of_a_running_experiment__are_under_its_key_and_its_placements() -> None:
    site = a_site()
    row = running_experiment(site)
    Override.objects.create(experiment=row, unit_id="tester", variant=row.variants.all()[1])

    found = features(site)

    assert set(found) == {"home", "product", "cart", "home-test"}
    forced, split = found["home-test"]["rules"]
    assert forced["condition"] == {"visitor_id": {"$in": ["tester"]}}
    assert forced["force"]["variant"] == "treatment"
    assert split["ranges"] == [[0, 0.5], [0.5, 1]]
    assert [value["variant"] for value in split["variations"]] == ["control", "treatment"]
    assert split["meta"][1] == {"key": "treatment", "name": "treatment"}
    assert (split["hashVersion"], split["hashAttribute"], split["phase"]) == (2, "visitor_id", "1")
    assert split["seed"] == row.seed
    [layer] = split["filters"]
    assert layer == {
        "seed": row.layer.seed, "ranges": [[0, 1]], "hashVersion": 2, "attribute": "visitor_id",
    }  # fmt: skip
    assert found["home"]["rules"] == [forced, split]
    assert found["cart"] == {
        "defaultValue": {
            "experiment": None,
            "variant": None,
            "parameters": Placement.objects.get(site=site, key="cart").parameters,
        },
        "rules": [],
    }


@pytest.mark.django_db
def test_payload__of_a_site_with_secrets__shows_none_of_them() -> None:
    site = a_site()
    draft = draft_experiment(site, "hidden-draft")
    for status in ("scheduled", "running", "paused"):
        draft_experiment(site, f"hidden-{status}")
    Experiment.objects.filter(key="hidden-scheduled").update(status="scheduled")
    Experiment.objects.filter(key__in=["hidden-running", "hidden-paused"]).update(status="running")
    Experiment.objects.filter(key="hidden-paused").update(status="paused")
    Experiment.objects.filter(key="hidden-running").update(status="ended")
    Experiment.objects.update(name="Internal name", hypothesis="Internal hope")
    draft.save(update_fields=["owner"])  # tells readers that something changed
    secret = key_for(site)

    text = fetch(page_key(site)).content.decode()

    for hidden in ("hidden", "Internal", secret, secret[:10], "Control"):
        assert hidden not in text


@pytest.mark.django_db
def test_payload__that_the_caller_holds__is_a_304_until_it_changes() -> None:
    site = a_site()
    row = running_experiment(site)
    key = page_key(site)
    first = fetch(key)
    etag = first.headers["ETag"]

    held = fetch(key, If_None_Match=etag)
    strong = fetch(key, If_None_Match=etag.removeprefix("W/"))
    Override.objects.create(experiment=row, unit_id="tester", variant=row.variants.all()[0])
    changed = fetch(key, If_None_Match=etag)

    assert (held.status_code, held.content, held.headers["ETag"]) == (304, b"", etag)
    assert strong.status_code == 304
    assert (changed.status_code, changed.headers["ETag"] != etag) == (200, True)
    assert first.headers["Cache-Control"] == held.headers["Cache-Control"]
    assert "max-age=5" in first.headers["Cache-Control"]
    assert datetime.fromisoformat(first.json()["dateUpdated"]) <= datetime.now(UTC)


@pytest.mark.django_db
def test_payload__while_nothing_changes__is_built_once() -> None:
    site = a_site()
    running_experiment(site)
    first = snapshot.current()
    built = _payload_of(first, site.pk)

    again = _payload_of(snapshot.current(), site.pk)
    site.save()  # a new snapshot with the same features
    later = _payload_of(snapshot.current(), site.pk)

    assert again is built
    assert (later is built, later.body) == (False, built.body)


@pytest.mark.django_db
def test_key__that_is_not_publishable__is_a_401_that_says_so() -> None:
    site = a_site()

    for key in (key_for(site), "pk_unknown", "sk_%F0%9F%98%80", "%00", "a" * 9000):
        problem = problem_of(fetch(key))

        assert problem["status"] == 401
        assert "pk_" in problem["hint"]


@pytest.mark.django_db
def test_browser__of_the_site__may_read_and_revalidate() -> None:
    site = a_site()
    site.allowed_origins = [SHOP]
    site.save()
    key = page_key(site)

    asked = call("OPTIONS", f"/api/features/{key}", Origin=SHOP)
    read = fetch(key, Origin=SHOP)
    stranger = fetch(key, Origin="https://evil.example")

    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Methods"] == "GET, OPTIONS"
    assert "if-none-match" in asked.headers["Access-Control-Allow-Headers"]
    assert read.headers["Access-Control-Allow-Origin"] == SHOP
    assert "ETag" in read.headers["Access-Control-Expose-Headers"]
    assert problem_of(stranger)["status"] == 403
    assert "Access-Control-Allow-Origin" not in stranger.headers


@pytest.mark.django_db
def test_method__other_than_get__is_a_405() -> None:
    response = call("POST", f"/api/features/{page_key(a_site())}", {})

    assert problem_of(response)["status"] == 405
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.django_db
def test_ramp__at_nothing__lists_overrides_only() -> None:
    site = a_site()
    row = running_experiment(site)
    Override.objects.create(experiment=row, unit_id="tester", variant=row.variants.all()[0])
    allocation = Allocation.objects.get(experiment=row)
    allocation.admitted_stop = allocation.start
    allocation.save()

    [rule] = features(site)["home-test"]["rules"]

    assert "force" in rule


def site_of(*specs: ExperimentSpec) -> SiteSpec:
    """Return a site as its snapshot has it, with a home placement."""
    running = tuple(each for each in specs if each.placement and each.status == "running")
    return SiteSpec(
        id=1,
        slug="shop",
        currency="EUR",
        timezone="UTC",
        allowed_origins=frozenset(),
        is_simulated=False,
        exposure_mode="auto",
        count_unverified=True,
        placements={"home": PlacementSpec("home", {"shows": "default"}, running)},
        experiments={each.id: each for each in specs},
    )


@pytest.mark.parametrize("fields", [{"is_sticky": True}, {"fallback_unit_type": "visitor"}])
def test_experiment__that_a_client_cannot_decide__is_left_out_with_what_needs_it(
    fields: dict[str, Any],
) -> None:
    remote = a_spec("remote", id=1, unit_type="account", **fields)
    needed = PrerequisiteSpec(1, "remote", frozenset({"v0"}))
    builds = a_spec("builds", id=2, placement="", prerequisites=(needed,))
    plain = a_spec("plain", id=3, placement="")

    found = features_of(site_of(remote, builds, plain))

    assert set(found) == {"plain"}


def test_experiments__that_need_each_other__are_left_out() -> None:
    first = a_spec("a", id=1, prerequisites=(PrerequisiteSpec(2, "b", frozenset({"v0"})),))
    second = a_spec("b", id=2, prerequisites=(PrerequisiteSpec(1, "a", frozenset({"v0"})),))

    assert features_of(site_of(first, second)) == {}


def test_experiment__decided_and_over__gives_everybody_what_was_shipped() -> None:
    over = a_spec("over", placement="", status="ended", shipped="v1")

    found = features_of(site_of(over))

    assert found["over"]["rules"] == [
        {"force": {"experiment": "over", "variant": "v1", "parameters": {"shows": 1}}}
    ]


def test_prerequisite__on_an_experiment__asks_for_its_variant() -> None:
    needed = PrerequisiteSpec(1, "base", frozenset({"v1", "v0"}))
    site = site_of(
        a_spec("base", id=1), a_spec("next", id=2, placement="", prerequisites=(needed,))
    )

    [rule] = features_of(site)["next"]["rules"]

    assert rule["parentConditions"] == [
        {"id": "base", "condition": {"value.variant": {"$in": ["v0", "v1"]}}}
    ]
