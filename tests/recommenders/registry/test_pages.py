"""The registry's screens: every state is told apart, and what is done there is asked before."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from experiments.models import Site
from experiments.services import start_experiment
from recommenders.models import AliasMove, Artifact, Recommender
from recommenders.services import request_training
from recommenders.services.progress import enter_stage
from recommenders.web.registry.texts import metric_texts
from tests.experiments.admin.forms import signed_in, superuser
from tests.factories import a_site, draft_experiment, member, stocked, trained
from tests.recommenders.shop import folder_of

pytestmark = pytest.mark.django_db
ROOT = "/recommenders/registry"
PAGE = f"{ROOT}/shop/random/"


@pytest.fixture
def site() -> Site:
    site = a_site()
    stocked(site, 12)
    return site


@pytest.fixture
def chief(site: Site) -> Client:
    return signed_in(member(site, "admin", "ada"))


def text(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def states(client: Client) -> dict[str, str]:
    return {row.key: row.state.word for row in client.get(f"{ROOT}/").context["rows"]}


def test_list__of_a_new_site__says_that_nothing_was_trained(chief: Client) -> None:
    assert set(states(chief).values()) == {"Never trained"}


def test_list__empty_waiting_ready_failed_and_stale__are_told_apart(
    site: Site, chief: Client
) -> None:
    trained(site, "popularity", "random")
    request_training(site=site, key="item_knn")
    broken = request_training(site=site, key="random")
    Artifact.objects.filter(pk=broken.pk).update(status="failed", error="MemoryError: no")
    Recommender.objects.filter(key="popularity").update(retrain_every_hours=1)
    Artifact.objects.filter(recommender__key="popularity").update(
        ready_at=timezone.now() - timedelta(hours=3)
    )

    found = states(chief)

    assert found["popularity"] == "Stale"
    assert found["random"] == "Last training failed"
    assert found["item_knn"] == "First training"
    assert "Never trained" in found.values()
    assert "MemoryError: no" in text(chief, f"{ROOT}/")


def test_list__of_more_recommenders__asks_no_more(
    site: Site, chief: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    trained(site, "popularity")
    chief.get(f"{ROOT}/")
    with django_assert_max_num_queries(9):
        chief.get(f"{ROOT}/")


def test_page__of_a_trained_recommender__shows_everything_of_its_artifact(
    site: Site, chief: Client
) -> None:
    (artifact,) = trained(site, "random")

    page = text(chief)

    assert artifact.version in page
    assert artifact.sha256 in page
    assert "0 interactions, 0 units, 12 items" in page
    assert "KiB, opens in" in page
    assert "20260101" in page
    assert "Better than popularity" in page
    assert "first artifact" in page


def test_page__of_a_training__shows_stage_and_share_and_looks_again(
    site: Site, chief: Client
) -> None:
    artifact = request_training(site=site, key="random")
    Artifact.objects.filter(pk=artifact.pk).update(status="training")
    enter_stage(artifact, Artifact.Stage.FITTING)

    page = text(chief)

    assert "Fitting since" in page
    assert "15 % done" in page
    assert "js/waiting.js" in page


def test_page__of_a_failed_training__says_why_and_at_what_it_was(site: Site, chief: Client) -> None:
    artifact = request_training(site=site, key="random")
    enter_stage(artifact, Artifact.Stage.FITTING)
    Artifact.objects.filter(pk=artifact.pk).update(status="failed", error="MemoryError: no")

    page = text(chief)

    assert "while fitting: MemoryError: no" in page
    assert "Last training failed" in page


def test_page__of_lost_files__says_so_for_the_version_and_for_the_name(
    site: Site, chief: Client
) -> None:
    (artifact,) = trained(site, "random")
    (folder_of(artifact) / "manifest.json").unlink()

    page = text(chief)

    assert "Files missing" in page
    assert "Cannot be opened" in page


def test_page__of_an_artifact_in_an_experiment__names_it(site: Site, chief: Client) -> None:
    trained(site, "popularity", "random")
    start_experiment(experiment_id=draft_experiment(site).pk, waiver="a test")

    page = text(chief)

    assert "Home Test, Treatment" in page
    assert "running, pinned" in page
    assert "/delete/" not in page


def test_train__pressed__queues_one_and_says_so(
    site: Site, chief: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        answer = chief.post(f"{PAGE}train/", follow=True)

    row = Artifact.objects.get()
    assert (row.status, row.cause_detail) == ("queued", "by ada")
    assert f"{row.full_name} is queued for training." in answer.content.decode()
    assert len(callbacks) >= 1


def test_train__with_settings_that_are_not_taken__says_why(site: Site, chief: Client) -> None:
    Recommender.objects.filter(key="random").update(settings={"magic": 1})

    answer = chief.post(f"{PAGE}train/", follow=True)

    assert "unknown setting &#x27;magic&#x27;" in answer.content.decode()
    assert not Artifact.objects.exists()


def test_promote__asked__shows_the_gate_and_changes_nothing(site: Site, chief: Client) -> None:
    trained(site, "popularity")
    first, second = trained(site, "random", "random")

    page = text(chief, f"{PAGE}promote/champion/{second.pk}/")

    assert "It does not pass the promotion gate" in page
    assert "No experiment under way follows the champion." in page
    assert Recommender.objects.get(key="random").champion == first


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({}, "This field is required."),
        ({"reason": "I know it"}, "Say so, or go back."),
        ({"override": "on"}, "This field is required."),
    ],
)
def test_promote__against_the_gate__wants_a_reason_and_the_word(
    site: Site, chief: Client, posted: dict[str, str], said: str
) -> None:
    first, second = trained(site, "random", "random")

    answer = chief.post(f"{PAGE}promote/champion/{second.pk}/", posted)

    assert said in answer.content.decode()
    assert Recommender.objects.get(key="random").champion == first


def test_promote__overridden_and_taken_back__is_in_the_history(site: Site, chief: Client) -> None:
    first, second = trained(site, "random", "random")
    complete = {"reason": "I know it", "override": "on"}

    promoted = chief.post(f"{PAGE}promote/champion/{second.pk}/", complete, follow=True)
    champion = Recommender.objects.get(key="random").champion
    back = chief.post(f"{PAGE}back/champion/", {"reason": "worse"}, follow=True).content.decode()

    assert f"{second.full_name} is champion." in promoted.content.decode()
    assert champion == second
    assert Recommender.objects.get(key="random").champion == first
    assert "Champion went back" in back
    assert "Champion moved against the gate" in back
    assert AliasMove.objects.filter(actor="ada").count() == 2


def test_delete__of_what_nobody_needs__asks_and_deletes(site: Site, chief: Client) -> None:
    _first, second = trained(site, "random", "random")

    asked = text(chief, f"{PAGE}delete/{second.pk}/")
    chief.post(f"{PAGE}delete/{second.pk}/", {"reason": "no use"})

    assert f"Delete {second.full_name}?" in asked
    assert not Artifact.objects.filter(pk=second.pk).exists()


def test_delete__of_the_champion__is_refused_with_the_reason(site: Site, chief: Client) -> None:
    (first,) = trained(site, "random")

    answer = chief.post(f"{PAGE}delete/{first.pk}/", {"reason": "no use"}, follow=True)

    assert "is champion" in answer.content.decode()
    assert Artifact.objects.filter(pk=first.pk).exists()


@pytest.mark.parametrize(
    "path",
    ["shop/nobody/", "nowhere/random/", "shop/random/promote/king/1/", "shop/random/delete/99/"],
)
def test_page__of_what_is_not_there__is_not_found(chief: Client, path: str) -> None:
    assert chief.get(f"{ROOT}/{path}").status_code == 404


def test_page__of_another_site__is_not_found(site: Site) -> None:
    a_site("other")
    stranger = signed_in(member(Site.objects.get(slug="other"), "admin", "eve"))

    assert stranger.get(PAGE).status_code == 404
    rows = stranger.get(f"{ROOT}/").context["rows"]
    assert {row.site for row in rows} == {"Other"}


def test_page__for_a_viewer__offers_nothing_to_do(site: Site) -> None:
    trained(site, "random")
    viewer = signed_in(member(site, "viewer"))

    page = text(viewer)

    assert "Train now" not in page
    assert "Make challenger" not in page
    assert viewer.post(f"{PAGE}train/").status_code == 403


def test_page__with_hostile_words__shows_them_as_words(site: Site) -> None:
    evil = "<script>alert('&')</script>"
    (artifact,) = trained(site, "random")
    Artifact.objects.filter(pk=artifact.pk).update(error=evil, cause_detail=evil, status="failed")

    page = text(signed_in(superuser()))

    assert evil not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({}, ("", "")),
        ({"metric": "ndcg@10", "missing": "3 units"}, ("not judged", "3 units")),
        (
            {"value": 0.25, "difference": 0.1, "low": -0.02, "high": 0.22, "n_units": 1200},
            ("0.2500", "+0.1000 (-0.0200 to +0.2200) to popularity, 1,200 units"),
        ),
    ],
)
def test_metric__judged_or_not__is_written_out(
    metrics: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert metric_texts(metrics) == expected


def test_drift__measured_or_not__is_told_apart(site: Site, chief: Client) -> None:
    before = text(chief)
    Recommender.objects.filter(key="random").update(
        drift={"at": timezone.now().isoformat(), "features": {"price": 0.31, "kind": 0.02}},
        decay={"at": timezone.now().isoformat(), "experiments": []},
    )

    after = text(chief)

    assert "not measured yet" in before
    assert "large shift" in after
    assert "0.31" in after
    assert "no running experiment uses it as a treatment" in after
