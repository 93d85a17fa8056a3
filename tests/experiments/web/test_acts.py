"""Acts of a started experiment: ramp, phase, decision, edit and links; asked, checked, once."""

import json
from typing import Any

import pytest

from experiments import services
from experiments.links import forced_by
from experiments.models import Allocation, DecisionRecord, Experiment, Phase
from tests.experiments.admin.forms import signed_in, superuser
from tests.experiments.web.lives import act_url, context_of, exposed, page_url, ramped, status
from tests.factories import NOW, a_site, draft_experiment, member

pytestmark = pytest.mark.django_db

ACTS = ("ramp", "phase", "decide", "edit", "links", "clone")


def open_share(experiment: Experiment) -> float:
    """Return the open share of the experiment's own buckets."""
    row = Allocation.objects.get(experiment=experiment)
    return (row.admitted_stop - row.start) / (row.stop - row.start)


def phase_data(experiment: Experiment, *weights: int, **changed: Any) -> dict[str, Any]:
    """Return what the form of a new phase posts with these weights."""
    data: dict[str, Any] = {"version": experiment.version, "reason": "more of it"}
    for place, (variant, weight) in enumerate(zip(experiment.variants.all(), weights, strict=True)):
        recommender = variant.parameters["recommender"]
        named = ("recommender", "artifact")
        others = {name: each for name, each in variant.parameters.items() if name not in named}
        data |= {
            f"variants-{place}-weight": weight,
            f"variants-{place}-recommender": recommender,
            f"variants-{place}-shown": recommender,
            f"variants-{place}-artifact": variant.parameters.get("artifact", ""),
            f"variants-{place}-other": json.dumps(others),
        }
    return data | changed


def test_ramp__raised_twice_by_a_double_click__is_raised_once() -> None:
    experiment = ramped(a_site())
    client = signed_in(superuser("ines"))
    data = {"seen": 5, "percent": 50, "reason": ""}

    client.post(act_url(experiment, "ramp"), data)
    again = client.post(act_url(experiment, "ramp"), data, follow=True)

    assert open_share(experiment) == 0.5
    assert "50 % are open; nothing more changed." in again.content.decode()
    assert experiment.changes.filter(action="ramp").count() == 1


def test_ramp__lowered_without_a_reason__is_refused() -> None:
    experiment = ramped(a_site())
    services.ramp_to(experiment_id=experiment.pk, percent=50, actor="ines")
    client = signed_in(superuser())

    answer = client.post(act_url(experiment, "ramp"), {"seen": 50, "percent": 10})

    assert 'role="alert"' in answer.content.decode()
    assert open_share(experiment) == 0.5


def test_ramp__from_a_page_that_is_outdated__changes_nothing() -> None:
    experiment = ramped(a_site())
    services.ramp_to(experiment_id=experiment.pk, percent=50, actor="otto")
    client = signed_in(superuser())

    answer = client.post(act_url(experiment, "ramp"), {"seen": 5, "percent": 25, "reason": "x"})

    assert "50 % are open by now, not 5 %" in answer.content.decode()
    assert open_share(experiment) == 0.5


@pytest.mark.parametrize("percent", ["", "0", "101", "-1", "abc", "1e9", "\x00"])
def test_ramp__of_no_share__is_refused(percent: str) -> None:
    experiment = ramped(a_site())
    client = signed_in(superuser())

    answer = client.post(act_url(experiment, "ramp"), {"seen": 5, "percent": percent})

    assert answer.status_code == 200
    assert open_share(experiment) == 0.05


def test_phase__with_other_weights__opens_and_warns_before() -> None:
    experiment = ramped(a_site())
    client = signed_in(superuser())
    seed = experiment.seed

    asked = client.get(act_url(experiment, "phase")).content.decode()
    client.post(act_url(experiment, "phase"), phase_data(experiment, 1, 3))

    assert "A new phase starts the count anew." in asked
    experiment.refresh_from_db()
    assert experiment.phase == 2
    assert experiment.seed != seed
    assert [variant.weight for variant in experiment.variants.all()] == [1, 3]
    pinned = {row["key"]: row["parameters"] for row in Phase.objects.get(number=2).variants}
    assert pinned == {row.key: row.parameters for row in experiment.variants.all()}


def test_phase__with_nothing_changed__is_refused() -> None:
    experiment = ramped(a_site())
    client = signed_in(superuser())

    answer = client.post(act_url(experiment, "phase"), phase_data(experiment, 1, 1))

    assert "a new phase changes weights or parameters" in answer.content.decode().lower()
    experiment.refresh_from_db()
    assert experiment.phase == 1


def test_phase__clicked_twice__opens_once() -> None:
    experiment = ramped(a_site())
    client = signed_in(superuser())
    data = phase_data(experiment, 1, 3)

    client.post(act_url(experiment, "phase"), data)
    again = client.post(act_url(experiment, "phase"), data)

    assert again.status_code == 409
    experiment.refresh_from_db()
    assert experiment.phase == 2


@pytest.mark.parametrize("weight", ["0", "-3", "x", "", "99999"])
def test_phase__with_a_bad_weight__is_refused(weight: str) -> None:
    experiment = ramped(a_site())
    client = signed_in(superuser())
    data = phase_data(experiment, 1, 1) | {"variants-1-weight": weight}

    answer = client.post(act_url(experiment, "phase"), data)

    assert answer.status_code == 200
    experiment.refresh_from_db()
    assert experiment.phase == 1


def ended() -> Experiment:
    """Return an experiment that has ended, undecided."""
    experiment = ramped(a_site())
    exposed(experiment, 20)
    return services.end_experiment(experiment_id=experiment.pk, actor="ines", reason="done")


def test_decision__recorded_twice__stands_as_first_written() -> None:
    experiment = ended()
    client = signed_in(superuser("ines"))
    data = {"outcome": "won", "shipped_variant": "treatment", "reason": "it sells"}

    client.post(act_url(experiment, "decide"), data)
    client.post(act_url(experiment, "decide"), data | {"outcome": "lost"})
    page = client.get(page_url(experiment)).content.decode()

    record = DecisionRecord.objects.get()
    assert (record.outcome, record.actor) == ("won", "ines")
    assert "it sells" in page
    placement = experiment.placement
    assert placement is not None
    placement.refresh_from_db()
    assert placement.parameters["recommender"] == "random"


@pytest.mark.parametrize(
    "data",
    [
        {"outcome": "won", "reason": "it sells"},
        {"outcome": "won", "shipped_variant": "control", "reason": "it sells"},
        {"outcome": "lost", "reason": ""},
        {"outcome": "nonsense", "reason": "x"},
        {"outcome": "other", "shipped_variant": "nobody", "reason": "x"},
        {"outcome": "lost", "reason": "\x00"},
        {},
    ],
)
def test_decision__that_does_not_fit__is_refused_with_the_reason(data: dict[str, str]) -> None:
    experiment = ended()
    client = signed_in(superuser())

    answer = client.post(act_url(experiment, "decide"), data)

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert not DecisionRecord.objects.exists()


def test_decision__of_a_running_experiment__is_not_possible() -> None:
    experiment = ramped(a_site())
    client = signed_in(superuser())

    asked = client.get(act_url(experiment, "decide")).content.decode()
    client.post(act_url(experiment, "decide"), {"outcome": "lost", "reason": "x"})

    assert "end it first" in asked
    assert not DecisionRecord.objects.exists()


def edit_data(experiment: Experiment, **changed: Any) -> dict[str, Any]:
    """Return what the edit form posts of an experiment as it is, apart from what changed."""
    return {
        "version": experiment.version,
        "name": experiment.name,
        "hypothesis_change": experiment.hypothesis_change,
        "hypothesis_because": experiment.hypothesis_because,
        "hypothesis": experiment.hypothesis,
        "owner": "",
        "ends_at": "",
    } | changed


def test_edit__of_a_running_experiment__changes_words_owner_and_end() -> None:
    experiment = ramped(a_site())
    owner = member(experiment.site, "editor", "otto")
    client = signed_in(superuser("ines"))
    data = edit_data(experiment, name="New words", owner=owner.pk, ends_at="2099-12-01T09:00")

    answer = client.post(act_url(experiment, "edit"), data | {"window_days": 3})

    assert answer.status_code == 302
    experiment.refresh_from_db()
    assert (experiment.name, experiment.owner, experiment.window_days) == ("New words", owner, 14)
    assert experiment.ends_at is not None
    assert experiment.changes.filter(action="edit", actor="ines").count() == 1


def test_edit__by_two_at_once__shows_the_difference_and_loses_nothing() -> None:
    experiment = ramped(a_site())
    mine = edit_data(experiment, name="Mine")
    services.edit_experiment(
        experiment_id=experiment.pk,
        actor="otto",
        version=experiment.version,
        changes={"name": "Theirs"},
    )
    client = signed_in(superuser())

    answer = client.post(act_url(experiment, "edit"), mine)
    page = answer.content.decode()
    experiment.refresh_from_db()

    assert answer.status_code == 409
    assert "Mine" in page
    assert "Theirs" in page
    assert experiment.name == "Theirs"
    client.post(act_url(experiment, "edit"), mine | {"version": experiment.version})
    experiment.refresh_from_db()
    assert experiment.name == "Mine"


@pytest.mark.parametrize(
    "changed",
    [
        {"name": ""},
        {"name": "x" * 201},
        {"ends_at": "yesterday"},
        {"ends_at": "2001-01-01T00:00"},
        {"owner": "999999"},
        {"version": "abc"},
        {"version": "9" * 30},
    ],
)
def test_edit__of_bad_values__changes_nothing(changed: dict[str, str]) -> None:
    experiment = ramped(a_site())
    client = signed_in(superuser())

    answer = client.post(act_url(experiment, "edit"), edit_data(experiment) | changed)

    assert answer.status_code in (200, 409)
    assert Experiment.objects.get().version == experiment.version


def test_link__of_a_variant__forces_it_and_is_stored_nowhere() -> None:
    experiment = ramped(a_site())
    client = signed_in(superuser())
    data = {"variant": "treatment", "days": 2, "page": "https://shop.example/?a=1"}

    answer = client.post(act_url(experiment, "links"), data)

    link = context_of(answer)["link"]
    assert link.address.startswith("https://shop.example/?a=1&armature_force=")
    forced = forced_by(link.token, site_id=experiment.site_id, now=NOW)
    assert forced == (experiment.key, "treatment")


@pytest.mark.parametrize(
    "changed",
    [{"variant": "nobody"}, {"days": 0}, {"days": 31}, {"page": "javascript:alert(1)"}],
)
def test_link__of_bad_values__is_refused(changed: dict[str, Any]) -> None:
    experiment = ramped(a_site())
    client = signed_in(superuser())
    data = {"variant": "treatment", "days": 2, "page": ""} | changed

    answer = client.post(act_url(experiment, "links"), data)

    assert 'role="alert"' in answer.content.decode()
    assert "link" not in context_of(answer)


@pytest.mark.parametrize("act", ACTS)
def test_act__of_a_viewer__is_refused_and_changes_nothing(act: str) -> None:
    experiment = ramped(a_site())
    client = signed_in(member(experiment.site, "viewer"))
    n_changes = experiment.changes.count()

    asked = client.get(act_url(experiment, act))
    posted = client.post(act_url(experiment, act), {"percent": 50, "reason": "x", "outcome": "won"})

    assert (asked.status_code, posted.status_code) == (403, 403)
    assert experiment.changes.count() == n_changes
    assert status(experiment) == "running"


@pytest.mark.parametrize("act", ACTS)
def test_act__of_another_site_or_of_none__is_not_found(act: str) -> None:
    experiment = ramped(a_site())
    client = signed_in(member(a_site("other"), "editor"))

    assert client.get(act_url(experiment, act)).status_code == 404
    assert client.post(f"/admin/experiments/experiment/999999/{act}/").status_code == 404


def test_acts__of_a_draft__open_and_say_that_they_are_not_possible() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    for act in ("ramp", "phase", "decide", "edit"):
        page = client.get(act_url(experiment, act)).content.decode()
        assert '<form method="post" novalidate>' not in page
        assert client.post(act_url(experiment, act), {}).status_code == 200


def test_clone__of_a_decided_experiment__is_a_draft_of_the_same_question() -> None:
    experiment = ended()
    client = signed_in(superuser("ines"))
    suggested = context_of(client.get(act_url(experiment, "clone")))["form"].initial

    answer = client.post(act_url(experiment, "clone"), suggested)

    made = Experiment.objects.get(key="home-test-2")
    assert answer.headers["Location"] == page_url(made)
    assert (made.status, made.hypothesis_change) == ("draft", experiment.hypothesis_change)
    assert made.seed != experiment.seed


@pytest.mark.parametrize("key", ["", "no spaces", "home-test", "x" * 81, "\x00"])
def test_clone__under_a_bad_or_taken_key__is_refused(key: str) -> None:
    experiment = ended()
    client = signed_in(superuser())

    answer = client.post(act_url(experiment, "clone"), {"name": "Again", "key": key})

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert Experiment.objects.count() == 1
