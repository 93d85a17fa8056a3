"""The promotion gate: what is good passes every check, and each bad recommender fails its own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytest_django import Settings

from experiments.models import Site
from recommenders.artifacts import load_artifact, save_artifact
from recommenders.base import checked_settings
from recommenders.errors import ArtifactDamaged
from recommenders.evaluation.comparison import compare
from recommenders.gate.checks import Subject, beats_popularity, checks
from recommenders.gate.examining import Examination, examine
from recommenders.gate.findings import Finding, State, against, may_promote, summary
from recommenders.gate.quality import FEWEST, Judgement, judge
from recommenders.models import Artifact, Recommender
from recommenders.registry import fitted_class
from recommenders.services import request_training, train_artifact
from tests.factories import stocked, trained
from tests.recommenders.data import checkerboard, fitted
from tests.recommenders.registry import bad
from tests.recommenders.registry.tastes import recommender_of, shop_of_tastes

pytestmark = pytest.mark.django_db
FINE = Examination(
    n_items=100, n_units=50, shortest=10, silent=0, infinite=False, repeated="", shown=60,
    for_stranger=10, slow_ms=1.0, is_personal=True, claims_strangers=True,
)  # fmt: skip
BETTER = Judgement("", 0.3, 0.2, compare(np.full(50, 0.3) + np.arange(50) / 1e4, np.full(50, 0.2)))


def train(site: Site, algorithm: str) -> Artifact:
    recommender_of(site, algorithm)
    artifact = train_artifact(artifact_id=request_training(site=site, key="tried").pk)
    assert artifact is not None
    return artifact


def states(artifact: Artifact) -> dict[str, str]:
    return {each["code"]: each["state"] for each in artifact.gate}


def test_gate__good_recommender__passes_every_check_and_is_promoted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad.install(monkeypatch)
    site = shop_of_tastes()
    trained(site, "popularity")

    first, second = train(site, "good"), train(site, "good")

    assert set(states(second).values()) == {"passed"}
    assert second.metrics["low"] > 0
    assert first != second == Recommender.objects.get(key="tried").champion


@pytest.mark.parametrize("name", bad.FAILS)
def test_gate__bad_recommender__fails_its_check_alone_and_is_not_promoted(
    name: str, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.RECOMMEND_BUDGET_MS = 300  # the machine may be busy; what is slow here is slower
    bad.install(monkeypatch)
    site = shop_of_tastes()
    trained(site, "popularity")
    champion = train(site, "good")

    artifact = train(site, name.lower())

    failed = {code for code, state in states(artifact).items() if state != "passed"}
    assert failed == bad.FAILS[name]
    assert artifact.status == Artifact.Status.READY
    assert Recommender.objects.get(key="tried").champion == champion


def test_gate__recommender_that_cannot_be_read_back__is_never_registered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad.install(monkeypatch)
    site = shop_of_tastes()

    with pytest.raises(ArtifactDamaged, match="does not know its own state"):
        train(site, "fragile")

    row = Artifact.objects.get()
    assert row.status == Artifact.Status.FAILED
    assert "does not know its own state" in row.error


def test_gate__first_artifact__is_promoted_with_what_speaks_against_it_on_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad.install(monkeypatch)
    site = shop_of_tastes()

    artifact = train(site, "perverse")

    recommender = Recommender.objects.get(key="tried")
    assert recommender.champion == artifact
    move = recommender.moves.get()
    assert {each["code"] for each in move.findings} == {"beats_popularity", "cold_units"}
    assert "Better than popularity" in move.reason


def test_gate__first_artifact_that_could_not_serve__is_not_promoted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad.install(monkeypatch)
    site = shop_of_tastes()

    train(site, "silent")

    assert Recommender.objects.get(key="tried").champion is None


def test_gate__popularity_trained_again__is_exempt_from_beating_itself() -> None:
    site = shop_of_tastes()

    _first, second = trained(site, "popularity", "popularity")

    assert states(second)["beats_popularity"] == State.EXEMPT
    assert Recommender.objects.get(key="popularity").champion == second


def test_gate__shop_without_history__holds_the_second_artifact_back() -> None:
    site = shop_of_tastes()
    site.event_set.all().delete()
    stocked(site, 30)

    first, second = trained(site, "random", "random")

    assert states(second)["beats_popularity"] == State.UNKNOWN
    assert Recommender.objects.get(key="random").champion == first


def test_examine__ids_that_are_not_unique__finds_the_item_twice(tmp_path: Path) -> None:
    data = checkerboard(12)
    sha256 = save_artifact(
        tmp_path / "twice",
        algorithm="popularity",
        settings=checked_settings({}, fitted_class("popularity").defaults),
        recommender=fitted("popularity", data),
        item_ids=["same"] * 12,
        unit_ids=[f"unit-{number:02d}" for number in range(12)],
        facts={},
    )

    seen = examine(load_artifact(tmp_path / "twice", sha256=sha256), rng=np.random.default_rng(1))

    assert seen.repeated == "same"
    assert _only(_subject(seen)) == ["duplicates"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"infinite": True}, "finite"),
        ({"silent": 1}, "finite"),
        ({"repeated": "sku-1"}, "duplicates"),
        ({"shortest": 9}, "items"),
        ({"for_stranger": 0}, "cold_units"),
        ({"shown": 19}, "coverage"),
        ({"n_units": FEWEST - 1}, "coverage"),
        ({"slow_ms": 50.1}, "latency"),
    ],
)
def test_checks__one_thing_wrong__speaks_of_that_alone_and_says_what_to_do(
    changed: dict[str, object], code: str
) -> None:
    findings = checks(_subject(replace(FINE, **changed)), budget_ms=50)  # type: ignore[arg-type]

    (wrong,) = against(findings)
    assert (wrong.code, bool(wrong.fix), bool(wrong.demanded)) == (code, True, True)
    assert summary(findings) == f"{wrong.name}: {wrong.found}"


@pytest.mark.parametrize("shortest", [3, 10])
def test_checks__small_catalogue__demands_no_more_items_than_it_has(shortest: int) -> None:
    small = replace(FINE, n_items=3, shortest=3, shown=3)

    assert _only(_subject(small)) == []
    assert _only(_subject(replace(FINE, shortest=shortest))) == ["items"] * (shortest == 3)


def test_checks__strangers_answered_by_another__pass_unless_it_claims_them() -> None:
    modest = replace(FINE, for_stranger=0, claims_strangers=False)

    assert _only(_subject(modest)) == ["cold_units"]
    assert _only(_subject(modest, behind="popularity@1")) == []
    assert _only(_subject(replace(FINE, for_stranger=0), behind="popularity@1")) == ["cold_units"]


def test_checks__unloadable__says_that_alone_and_is_hard() -> None:
    findings = checks(Subject("hybrid", "a file is missing", "", None, BETTER), budget_ms=50)

    assert [(each.code, each.found) for each in findings] == [("opens", "a file is missing")]
    assert not may_promote(findings, is_first=True)


def test_beats_popularity__interval_that_touches_zero__has_failed() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 0.1, 100)
    close = Judgement("", 0.2, 0.2, compare(0.2 + noise - noise.mean(), np.full(100, 0.2)))

    assert beats_popularity("hybrid", BETTER).state == State.PASSED
    assert beats_popularity("hybrid", close).state == State.FAILED
    assert beats_popularity("hybrid", Judgement("too few")).state == State.UNKNOWN


def test_findings__nothing_checked__promotes_nothing() -> None:
    assert not may_promote([], is_first=True)
    assert not may_promote([], is_first=False)


def test_finding__written_and_read__is_the_same() -> None:
    (finding,) = checks(Subject("hybrid", "gone", "", None, BETTER), budget_ms=50)

    assert Finding.of(finding.document()) == finding


def test_judge__interactions_of_one_moment__says_why_nothing_can_be_judged() -> None:
    found = judge("random", {}, checkerboard(40), seed=1)

    assert found.gain is None
    assert "cannot be split" in found.missing


def _subject(seen: Examination, behind: str = "") -> Subject:
    return Subject("hybrid", "", behind, seen, BETTER)


def _only(subject: Subject) -> list[str]:
    return [each.code for each in against(checks(subject, budget_ms=50))]
