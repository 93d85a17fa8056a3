"""The audience: condition, unit, prerequisites, overrides, and the units that match."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from experiments.models import Change, Experiment, Site, Variant
from tests.experiments.admin.forms import signed_in, superuser
from tests.experiments.web.posting import audience, errors_of, post_step, rows, step_url
from tests.factories import a_site, draft_experiment, member, two_variants
from tests.rows import a_slate

pytestmark = pytest.mark.django_db


def seen(site: Site, visitor_id: str, days_ago: float = 1, **attributes: Any) -> None:
    """Record that a visitor was served a list."""
    moment = timezone.now() - timedelta(days=days_ago)
    a_slate(site, moment, visitor_id=visitor_id, attributes=attributes).save()


def test_audience__posted__is_stored_in_normal_form_with_unit_and_fallback() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    post_step(
        client,
        experiment,
        "audience",
        audience(
            eligibility='{"country": "DE"}',
            unit_type="account",
            fallback_unit_type="visitor",
            is_sticky="on",
        ),
    )

    experiment = Experiment.objects.get()
    assert experiment.eligibility == {"country": {"$eq": "DE"}}
    assert (experiment.unit_type, experiment.fallback_unit_type) == ("account", "visitor")
    assert experiment.is_sticky


def test_prerequisites_and_overrides__posted__replace_those_before_and_are_on_record() -> None:
    site = a_site()
    other = draft_experiment(site, "other")
    needed = Variant.objects.get(experiment=other, key="treatment")
    experiment = draft_experiment(site)
    client = signed_in(superuser("ines"))
    overrides = [{"unit_id": "qa-1", "variant": "treatment", "note": "the tester’s phone"}]

    post_step(
        client,
        experiment,
        "audience",
        audience(prerequisites=[{"variant": needed.pk}], overrides=overrides),
    )
    version = Experiment.objects.get(pk=experiment.pk).version
    post_step(client, experiment, "audience", audience(overrides=overrides))

    assert not experiment.prerequisites.exists()
    assert [(o.unit_id, o.variant.key) for o in experiment.overrides.all()] == [
        ("qa-1", "treatment")
    ]
    assert version == 3
    changes = Change.objects.filter(experiment=experiment, actor="ines").order_by("id")
    assert [sorted(change.after) for change in changes] == [
        ["prerequisites", "version"],
        ["overrides", "version"],
        ["prerequisites", "version"],
    ]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"eligibility": '{"country": '}, "no valid JSON"),
        ({"eligibility": "[" * 5_000}, "no valid JSON"),
        ({"eligibility": '{"a": ' + "9" * 5_000 + "}"}, "no valid JSON"),
        ({"eligibility": '{"price": NaN}'}, "must be finite"),
        ({"eligibility": '{"price": 1e999}'}, "must be finite"),
        ({"eligibility": '{"a": "\\u0000"}'}, "cannot be kept"),
        ({"eligibility": '{"a": "\\ud800"}'}, "cannot be kept"),
        ({"eligibility": '{"a": "' + "x" * 20_001 + '"}'}, "Too long"),
        ({"eligibility": '{"a": {"$gt": 9223372036854775808}}'}, "too large"),
        ({"eligibility": '{"country": {"$near": 1}}'}, "unknown operator $near"),
        ({"eligibility": '["DE"]'}, "Write an object"),
        ({"unit_type": "planet"}, "Select a valid choice"),
        ({"unit_type": "visitor", "fallback_unit_type": "visitor"}, "another id"),
        (rows("prerequisites", {"variant": "99999"}), "Select a valid choice"),
        (rows("prerequisites", {"variant": "x"}), "Select a valid choice"),
        (rows("overrides", {"unit_id": "qa-1", "variant": ""}), "both the unit and its variant"),
        (rows("overrides", {"unit_id": "", "variant": "control"}), "both the unit and its variant"),
        (rows("overrides", {"unit_id": "qa-1", "variant": "magic"}), "Select a valid choice"),
        (rows("overrides", {"unit_id": "x" * 257, "variant": "control"}), "at most 256"),
        (
            rows("overrides", *[{"unit_id": "qa-1", "variant": "control"}] * 2),
            "named above already",
        ),
    ],
)
def test_audience__bad_input__is_a_form_error_and_changes_nothing(
    changed: dict[str, Any], expected: str
) -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    answer = post_step(client, experiment, "audience", audience() | changed)

    assert answer.status_code == 200
    assert expected in errors_of(answer)
    assert Experiment.objects.get().version == 1


def test_audience__broken_condition__is_shown_again_as_typed() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    answer = post_step(client, experiment, "audience", audience(eligibility='{"country": '))

    assert "{&quot;country&quot;: </textarea>" in answer.content.decode()


def test_audience__of_a_site_with_visits__says_how_many_match() -> None:
    site = a_site()
    for number in range(3):
        seen(site, f"v-{number}", country="DE" if number else "AT")
    seen(site, "v-long-ago", days_ago=8, country="DE")
    experiment = draft_experiment(site, eligibility={"country": {"$eq": "DE"}})
    client = signed_in(superuser())

    page = client.get(step_url(experiment, "audience")).content.decode()

    assert "<b>2</b> of 3 units seen in the last 7 days match (66.7 %)" in page
    assert "The shop sends: country." in page


def test_count__of_a_condition_that_is_not_stored__is_answered_and_stores_nothing() -> None:
    site = a_site()
    seen(site, "v-1", country="DE")
    seen(site, "v-2", country="AT")
    experiment = draft_experiment(site)
    client = signed_in(superuser())
    address = f"/admin/experiments/experiment/{experiment.pk}/setup/count/"

    good = client.get(address, {"eligibility": '{"country": "DE"}', "unit_type": "visitor"})
    bad = client.get(address, {"eligibility": '{"country": {"$near": 1}}', "unit_type": "x"})

    assert good.json() == {"n_units": 2, "n_matching": 1, "is_capped": False, "percent": 50.0}
    assert bad.status_code == 400
    assert "unknown operator $near" in bad.json()["problems"][0]
    assert Experiment.objects.get().eligibility == {}


def test_count__by_somebody_of_another_site__is_not_found() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(member(a_site("other"), "admin"))

    answer = client.get(f"/admin/experiments/experiment/{experiment.pk}/setup/count/")

    assert answer.status_code == 404


def test_variants__changed_after_an_override__keep_it() -> None:
    experiment = draft_experiment(a_site(), variants=two_variants())
    client = signed_in(superuser())
    overrides = [{"unit_id": "qa-1", "variant": "treatment", "note": ""}]
    post_step(client, experiment, "audience", audience(overrides=overrides))

    post_step(client, experiment, "variants", _renamed())

    assert experiment.overrides.get().variant.name == "Second"


def _renamed() -> dict[str, Any]:
    control = {"name": "Control", "key": "control", "shown": ""}
    treatment = {"name": "Second", "key": "treatment", "shown": ""}
    return {**rows("variants", control, treatment, initial=2), "control": "0"}
