"""Whatever happens to an artifact, visitors get full lists and staff are told what is wrong."""

from typing import Any

import pytest
from pytest_django import Settings

from experiments.drain import drain_once
from experiments.intake import recorder
from experiments.models import Site, Slate
from recommenders.clocks import WAITS
from recommenders.health import artifact_checks, breaker_checks, why_damaged
from recommenders.loaded import cache
from recommenders.models import Artifact
from recommenders.registry import BUILTIN
from recommenders.serving.breaker import IN_A_ROW
from tests.callers import Caller, caller_for
from tests.recommenders.shop import DAMAGES, a_shop, canary, retrained
from tests.recommenders.slow import Sleepy

pytestmark = pytest.mark.django_db
BUDGET_MS = 60
SLEEP_S = 1.2 * WAITS * BUDGET_MS / 1000  # a wait is charged in part


def serving_by(site: Site, key: str) -> Caller:
    """Return a shop's server whose home page is served by a recommender."""
    site.placements.filter(key="home").update(parameters={"recommender": key})
    site.save()  # the configuration moved
    return caller_for(site)


def home(caller: Caller, **fields: Any) -> dict[str, Any]:
    body = {"unit": {"visitor_id": "v-1"}, "placement": "home", "k": 5} | fields
    answer = caller.post("recommendations", body)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    assert [item["rank"] for item in found["items"]] == [1, 2, 3, 4, 5]
    return found


@pytest.mark.parametrize("damage", DAMAGES)
def test_artifact__damaged__another_answers_in_full_and_staff_are_told(damage: str) -> None:
    site, made = a_shop("popularity", "random")
    caller = serving_by(site, "random")
    harm, reason = DAMAGES[damage]
    harm(made["random"])
    cache.forget()

    answer = home(caller)

    assert answer["fallback"] == reason
    assert answer["recommender"]["artifact"] == made["popularity"].full_name
    recorder.buffer.flush()
    drain_once()
    assert Slate.objects.get().fallback == reason
    (check,) = artifact_checks()
    assert check.state == "failed"
    assert made["random"].full_name in check.detail
    assert check.fix
    assert why_damaged(Artifact.objects.get(pk=made["random"].pk))
    assert why_damaged(made["popularity"]) == ""
    assert not canary().exists()


def test_artifact__restored__answers_again_in_the_same_process() -> None:
    site, made = a_shop("popularity", "random")
    caller = serving_by(site, "random")
    DAMAGES["array truncated"][0](made["random"])
    cache.forget()
    broken = home(caller)["fallback"]

    mended = retrained(site, "random")

    assert broken == "artifact_damaged"
    assert home(caller)["recommender"]["artifact"] == mended.full_name


@pytest.fixture
def sleepy(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> tuple[Site, Caller]:
    """Return a shop whose home page is served by a recommender that can be slow."""
    monkeypatch.setitem(BUILTIN, "sleepy", f"{Sleepy.__module__}.{Sleepy.__name__}")
    site, _made = a_shop("popularity")
    retrained(site, "sleepy")
    caller = serving_by(site, "sleepy")
    home(caller)  # opens what will answer
    settings.RECOMMEND_BUDGET_MS = BUDGET_MS
    return site, caller


def test_recommender__over_budget__popularity_answers_and_says_so(
    sleepy: tuple[Site, Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    _site, caller = sleepy
    home(caller, consent={"personalization": False})  # opens popularity
    in_time = home(caller)
    monkeypatch.setattr(Sleepy, "sleeps_s", SLEEP_S)

    late = home(caller)

    assert (in_time["recommender"]["name"], in_time["fallback"]) == ("sleepy", None)
    assert (late["recommender"]["name"], late["fallback"]) == ("popularity", "too_slow")


def test_recommender__over_budget_on_a_simulated_site__answers_all_the_same(
    sleepy: tuple[Site, Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, caller = sleepy
    site.is_simulated = True
    site.save()
    monkeypatch.setattr(Sleepy, "sleeps_s", SLEEP_S)

    late = [home(caller) for _ in range(IN_A_ROW + 1)]

    assert {(each["recommender"]["name"], each["fallback"]) for each in late} == {("sleepy", None)}


def test_recommender__over_budget_and_nothing_else_open__the_catalogue_answers(
    sleepy: tuple[Site, Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    _site, caller = sleepy
    monkeypatch.setattr(Sleepy, "sleeps_s", SLEEP_S)

    late = home(caller)

    assert (late["recommender"]["name"], late["fallback"]) == ("catalogue", "too_slow")


def test_recommender__too_slow_in_a_row__is_left_alone_and_health_says_so(
    sleepy: tuple[Site, Caller], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    site, caller = sleepy
    (before,) = breaker_checks()
    monkeypatch.setattr(Sleepy, "sleeps_s", SLEEP_S)
    reasons = [home(caller)["fallback"] for _ in range(IN_A_ROW)]
    settings.RECOMMEND_BUDGET_MS = 60_000  # it would be in time now, but is left alone
    monkeypatch.setattr(Sleepy, "sleeps_s", 0.0)

    alone = home(caller)

    assert reasons == ["too_slow"] * IN_A_ROW
    assert (alone["recommender"]["name"], alone["fallback"]) == ("popularity", "breaker_open")
    (check,) = breaker_checks()
    assert (before.state, check.state) == ("ok", "degraded")
    assert f"sleepy of {site.name} is too slow" in check.detail


def test_recommender__that_fails__another_answers(
    sleepy: tuple[Site, Caller],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    settings: Settings,
) -> None:
    _site, caller = sleepy
    settings.RECOMMEND_BUDGET_MS = 60_000
    monkeypatch.setattr(Sleepy, "sleeps_s", "no number")

    answer = home(caller)

    assert answer["fallback"] == "recommender_failed"
    assert answer["recommender"]["name"] == "popularity"
    assert "recommender failed artifact=sleepy@" in caplog.text


def test_recommender__that_keeps_failing__is_left_alone_and_health_says_so(
    sleepy: tuple[Site, Caller], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    site, caller = sleepy
    settings.RECOMMEND_BUDGET_MS = 60_000
    monkeypatch.setattr(Sleepy, "sleeps_s", "no number")

    reasons = [home(caller)["fallback"] for _ in range(IN_A_ROW + 1)]

    assert reasons == ["recommender_failed"] * IN_A_ROW + ["breaker_open"]
    (check,) = breaker_checks()
    assert f"sleepy of {site.name} is failing" in check.detail
