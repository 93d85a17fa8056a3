"""Aliases: moved atomically, on record, told to whoever follows them, and taken back."""

from typing import Any

import pytest
from django.db import transaction

from experiments.errors import InvalidInput
from experiments.models import Change, Experiment, Site
from experiments.services import end_experiment, start_experiment
from experiments.web.history import history_of
from recommenders import state
from recommenders.errors import ArtifactFrozen, PromotionRefused, TrainingError
from recommenders.models import Alias, AliasMove, Artifact, Recommender
from recommenders.services import (
    before_now,
    delete_artifact,
    promote,
    request_training,
    roll_back,
    uses_of,
)
from tests.factories import a_site, draft_experiment, stocked, trained
from tests.recommenders.shop import ask, folder_of

pytestmark = pytest.mark.django_db
WHY: dict[str, Any] = {"reason": "clicks fell", "by": "ada"}


def two_of_random() -> tuple[Site, Artifact, Artifact]:
    """Return a site with two artifacts of random, the second held back by the gate."""
    site = a_site()
    stocked(site, 12)
    trained(site, "popularity")
    first, second = trained(site, "random", "random")
    return site, first, second


def champion(key: str = "random") -> Artifact | None:
    return Recommender.objects.get(key=key).champion


def following(site: Site, alias: str) -> Experiment:
    """Return a running experiment whose treatment follows an alias of random."""
    experiment = draft_experiment(site)
    experiment.variants.filter(key="treatment").update(
        parameters={"recommender": "random", "artifact": alias}
    )
    return start_experiment(experiment_id=experiment.pk, waiver="a test")


def test_promote__held_back_by_the_gate__is_refused_with_the_reasons() -> None:
    _site, first, second = two_of_random()

    with pytest.raises(PromotionRefused, match="Better than popularity") as caught:
        promote(artifact=second, **WHY)

    assert "override" in str(caught.value.hint)
    assert champion() == first


def test_promote__overridden__moves_and_keeps_what_spoke_against_it() -> None:
    _site, first, second = two_of_random()

    promote(artifact=second, override=True, **WHY)

    move = AliasMove.objects.filter(recommender__key="random").latest("pk")
    assert champion() == second
    assert (move.before, move.after) == (first.full_name, second.full_name)
    assert (move.actor, move.reason, move.is_override) == ("ada", "clicks fell", True)
    assert "beats_popularity" in {each["code"] for each in move.findings}


def test_promote__any__is_audited() -> None:
    _site, first, second = two_of_random()

    promote(artifact=second, override=True, **WHY)

    change = Change.objects.filter(subject="recommender random").latest("pk")
    assert (change.action, change.actor, change.reason) == ("promote", "ada", "clicks fell")
    assert change.before == {"champion": first.full_name}
    assert change.after == {"champion": second.full_name, "override": True}


@pytest.mark.parametrize("reason", ["", "  "])
def test_promote__without_a_reason__is_refused(reason: str) -> None:
    _site, first, second = two_of_random()

    with pytest.raises(InvalidInput, match="needs a reason"):
        promote(artifact=second, reason=reason, by="ada", override=True)

    assert champion() == first


def test_promote__not_ready__is_refused_even_against_the_gate() -> None:
    site, first, _second = two_of_random()
    queued = request_training(site=site, key="random")

    with pytest.raises(TrainingError, match="is queued, not ready"):
        promote(artifact=queued, override=True, **WHY)

    assert champion() == first


def test_promote__who_has_the_alias_already__changes_and_records_nothing() -> None:
    _site, first, _second = two_of_random()
    before = AliasMove.objects.count()

    promote(artifact=first, **WHY)

    assert champion() == first
    assert AliasMove.objects.count() == before


def test_promote__challenger__needs_no_gate_and_leaves_the_champion() -> None:
    _site, first, second = two_of_random()

    promote(artifact=second, alias=Alias.CHALLENGER, **WHY)

    row = Recommender.objects.get(key="random")
    assert (row.champion, row.challenger, row.fallback) == (first, second, None)


def test_promote__fallback__has_to_pass_the_hard_checks_alone() -> None:
    _site, hopeless, second = two_of_random()
    hopeless.gate = [
        {**each, "state": "failed"} if each["code"] == "finite" else each for each in hopeless.gate
    ]

    promote(artifact=second, alias=Alias.FALLBACK, **WHY)
    with pytest.raises(PromotionRefused, match="Scores are numbers"):
        promote(artifact=hopeless, alias=Alias.FALLBACK, **WHY)

    assert Recommender.objects.get(key="random").fallback == second


def test_champion__moved__answers_in_the_same_process_at_the_next_refresh() -> None:
    site, first, second = two_of_random()
    before = ask(site, {"recommender": "random"}).artifact

    promote(artifact=second, override=True, **WHY)

    assert before == first.full_name
    assert ask(site, {"recommender": "random"}).artifact == second.full_name
    assert state.current().recommenders[site.pk, "random"].champion == second.full_name


def test_variant__that_follows_the_challenger__is_answered_by_it() -> None:
    site, _first, second = two_of_random()
    promote(artifact=second, alias=Alias.CHALLENGER, **WHY)

    served = ask(site, {"recommender": "random", "artifact": "challenger"})

    assert (served.artifact, served.fallback) == (second.full_name, "")


def test_roll_back__after_a_promotion__gives_the_alias_to_the_one_before() -> None:
    _site, first, second = two_of_random()
    promote(artifact=second, override=True, **WHY)

    roll_back(recommender=second.recommender, reason="worse after all", by="eve")

    move = AliasMove.objects.filter(recommender__key="random").latest("pk")
    assert champion() == first
    assert (move.actor, move.reason, move.is_rollback) == ("eve", "worse after all", True)
    assert Change.objects.latest("pk").action == "roll_back"


def test_roll_back__twice__goes_two_steps_back_and_then_no_further() -> None:
    site, first, second = two_of_random()
    promote(artifact=second, override=True, **WHY)
    (third,) = trained(site, "random")
    promote(artifact=third, override=True, **WHY)

    for _ in range(2):
        roll_back(recommender=first.recommender, **WHY)

    assert champion() == first
    with pytest.raises(PromotionRefused, match="no artifact was champion of random before"):
        roll_back(recommender=first.recommender, **WHY)


def test_roll_back__to_files_that_are_lost__is_refused() -> None:
    _site, first, second = two_of_random()
    promote(artifact=second, override=True, **WHY)
    (folder_of(first) / "manifest.json").unlink()

    with pytest.raises(PromotionRefused, match="cannot be opened"):
        roll_back(recommender=first.recommender, **WHY)

    assert champion() == second


def test_roll_back__of_the_only_challenger__leaves_nobody() -> None:
    _site, _first, second = two_of_random()
    promote(artifact=second, alias=Alias.CHALLENGER, **WHY)

    roll_back(recommender=second.recommender, alias=Alias.CHALLENGER, **WHY)

    row = Recommender.objects.get(key="random")
    assert (row.challenger, before_now(row, Alias.CHALLENGER)) == (None, None)


def test_move__on_record__is_never_changed() -> None:
    two_of_random()
    move = AliasMove.objects.latest("pk")
    move.reason = "another"

    with pytest.raises(InvalidInput, match="never changed"):
        move.save()


def test_alias__followed_by_a_running_variant__is_on_the_experiments_timeline() -> None:
    site, first, second = two_of_random()
    experiment = following(site, "champion")

    promote(artifact=second, override=True, **WHY)

    entry = history_of(experiment)[0]
    assert first.full_name in entry.text
    assert second.full_name in entry.text
    assert (entry.who, entry.reason) == ("by ada", "clicks fell")


def test_alias__that_no_variant_follows__leaves_the_timeline_alone() -> None:
    site, _first, second = two_of_random()
    experiment = draft_experiment(site)
    start_experiment(experiment_id=experiment.pk, waiver="a test")
    before = len(history_of(experiment))

    promote(artifact=second, override=True, **WHY)

    assert len(history_of(experiment)) == before


def test_champion__moved__changes_no_variant_that_names_a_version() -> None:
    site, first, second = two_of_random()
    experiment = draft_experiment(site)
    start_experiment(experiment_id=experiment.pk, waiver="a test")
    pinned = experiment.variants.get(key="treatment").parameters

    promote(artifact=second, override=True, **WHY)

    assert pinned["artifact"] == first.full_name
    assert ask(site, pinned).artifact == first.full_name
    (use,) = uses_of(Artifact.objects.get(pk=first.pk))
    assert (use.experiment, use.variant, use.follows) == (experiment, "Treatment", "")


def test_delete__artifact_of_a_running_experiment__is_refused_in_every_way() -> None:
    site, first, second = two_of_random()
    experiment = draft_experiment(site)
    start_experiment(experiment_id=experiment.pk, waiver="a test")
    promote(artifact=second, override=True, **WHY)
    row = Artifact.objects.get(pk=first.pk)

    with pytest.raises(ArtifactFrozen, match="answers in home-test, Treatment"):
        delete_artifact(artifact=row, **WHY)
    with pytest.raises(ArtifactFrozen), transaction.atomic():
        Artifact.objects.filter(pk=first.pk).delete()

    assert (folder_of(first) / "manifest.json").is_file()
    end_experiment(experiment_id=experiment.pk, actor="ada", reason="done")
    delete_artifact(artifact=Artifact.objects.get(pk=first.pk), **WHY)
    assert not Artifact.objects.filter(pk=first.pk).exists()


def test_delete__artifact_that_has_an_alias__is_refused() -> None:
    _site, first, _second = two_of_random()

    with pytest.raises(ArtifactFrozen, match="is champion"):
        delete_artifact(artifact=Artifact.objects.get(pk=first.pk), **WHY)


@pytest.mark.django_db(transaction=True)
def test_delete__artifact_that_nobody_needs__takes_its_files_and_is_audited() -> None:
    _site, _first, second = two_of_random()
    folder = folder_of(second)

    delete_artifact(artifact=second, **WHY)

    assert not folder.exists()
    assert Change.objects.latest("pk").subject == f"artifact {second.full_name}"
