"""The traffic: buckets, weights and ramp as posted; what the page says of the neighbours."""

from typing import Any

import pytest

from experiments.assignment.hashing import BUCKETS
from experiments.models import Experiment, Holdout, Variant
from experiments.services import RampDraft, set_ramp
from tests.experiments.admin.forms import signed_in, superuser
from tests.experiments.web.posting import errors_of, post_step, step_url, traffic
from tests.factories import a_site, draft_experiment, running_experiment

pytestmark = pytest.mark.django_db


def ramp(experiment: Experiment) -> list[tuple[int, int, bool]]:
    """Return the ramp as it is stored."""
    return [
        (step.percent, step.after_hours, step.needs_guardrails)
        for step in experiment.ramp_steps.all()
    ]


def test_traffic__posted__lends_buckets_and_sets_weights_and_keeps_the_variants_rows() -> None:
    experiment = draft_experiment(a_site())
    before = list(Variant.objects.values_list("pk", flat=True))
    client = signed_in(superuser())

    post_step(client, experiment, "traffic", traffic(share="33.33", weight_treatment="3"))

    experiment = Experiment.objects.get()
    assert experiment.allocation.stop - experiment.allocation.start == 3_333
    assert [v.weight for v in experiment.variants.all()] == [1, 3]
    assert list(Variant.objects.values_list("pk", flat=True)) == before


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        ({"ramp": ""}, []),
        ({"ramp": "1, 5, 25, 100"}, [(1, 0, True), (5, 24, True), (25, 24, True), (100, 24, True)]),
        (
            {"ramp": "own", "steps": "10 % → 50 → 100", "hours": "12, 48"},
            [(10, 0, True), (50, 12, True), (100, 48, True)],
        ),
        (
            {"ramp": "own", "steps": "20,60", "hours": "", "needs_guardrails": ""},
            [(20, 0, False), (60, 24, False)],
        ),
    ],
)
def test_ramp__posted__is_stored_and_shown_again(
    posted: dict[str, Any], expected: list[tuple[int, int, bool]]
) -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    answer = post_step(client, experiment, "traffic", traffic(**posted))
    form = client.get(step_url(experiment, "traffic")).context["form"]

    assert answer.status_code == 302, errors_of(answer)
    assert ramp(experiment) == expected
    shown = {name: form[name].value() or "" for name in ("share", "ramp", "steps", "hours")}
    post_step(client, experiment, "traffic", traffic(**posted | shown))
    assert ramp(experiment) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"share": "0"}, "greater than or equal to 0.01"),
        ({"share": "101"}, "less than or equal to 100"),
        ({"share": "NaN"}, "Enter a number"),
        ({"share": "1e400"}, "less than or equal to 100"),
        ({"share": ""}, "required"),
        ({"weight_control": "0"}, "greater than or equal to 1"),
        ({"weight_control": "10001"}, "less than or equal to 10000"),
        ({"weight_control": "9" * 5_000}, "whole number"),
        ({"weight_control": ""}, "required"),
        ({"ramp": "magic"}, "Select a valid choice"),
        ({"ramp": "own", "steps": ""}, "whole numbers from 1 to 100"),
        ({"ramp": "own", "steps": "0, 5"}, "whole numbers from 1 to 100"),
        ({"ramp": "own", "steps": "5, 101"}, "whole numbers from 1 to 100"),
        ({"ramp": "own", "steps": "5, x"}, "whole numbers from 1 to 100"),
        ({"ramp": "own", "steps": "50, 25"}, "must rise"),
        ({"ramp": "own", "steps": "25, 25"}, "must rise"),
        ({"ramp": "own", "steps": ",".join(map(str, range(1, 22)))}, "at most 20"),
        ({"ramp": "own", "steps": "5, 100", "hours": "9" * 4_000}, "at most 200 characters"),
        ({"ramp": "own", "steps": "5, 25, 100", "hours": "1, 2, 3"}, "or 2: one for each step"),
        ({"ramp": "5, 25, 100", "hours": "-1"}, "whole numbers from 0"),
    ],
)
def test_traffic__bad_input__is_a_form_error_and_changes_nothing(
    changed: dict[str, Any], expected: str
) -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    answer = post_step(client, experiment, "traffic", traffic(**changed))

    assert answer.status_code == 200
    assert expected in errors_of(answer)
    experiment = Experiment.objects.get()
    assert (experiment.version, experiment.allocation.stop) == (1, BUCKETS)


def test_traffic__share_without_room__names_who_holds_it_and_the_mend() -> None:
    site = a_site()
    running_experiment(site, "first", allocation=7_000)
    experiment = draft_experiment(site, "second", allocation=2_000)
    client = signed_in(superuser())

    text = errors_of(post_step(client, experiment, "traffic", traffic(share="50")))

    assert "Home page has no 50 % free in one piece: first holds 70 %." in text
    assert "Take 30 % or less" in text


def test_traffic__beside_others__draws_them_and_says_who_excludes_whom() -> None:
    site = a_site()
    running_experiment(site, "first", allocation=2_500)
    other = draft_experiment(site, "elsewhere", allocation=4_000)
    cart = site.placements.get(key="cart")
    Experiment.objects.filter(pk=other.pk).update(placement=cart, status="running")
    other.allocation.layer = cart.layer
    other.allocation.save()
    Holdout.objects.create(site=site, key="all", name="Winter holdout", seed="h", buckets=200)
    experiment = draft_experiment(site, "second", allocation=5_000)
    client = signed_in(superuser())

    page = client.get(step_url(experiment, "traffic")).content.decode()

    assert (
        "first: 25 %, from 0 to 25; this experiment: 50 %, from 25 to 75; free: 25 %, "
        "from 75 to 100" in page
    )
    assert "same layer: no unit is in both, ever" in page
    assert "40 % of this one’s units are also in it" in page
    assert "Winter holdout: 2 % of all units are kept out" in page


def test_ramp__with_unequal_hours__is_shown_as_it_is() -> None:
    experiment = draft_experiment(a_site())
    steps = [RampDraft(5), RampDraft(50, 12), RampDraft(100, 48)]
    set_ramp(experiment_id=experiment.pk, steps=steps, actor="ada")
    client = signed_in(superuser())

    form = client.get(step_url(experiment, "traffic")).context["form"]

    assert (form["ramp"].value(), form["steps"].value(), form["hours"].value()) == (
        "own",
        "5, 50, 100",
        "12, 48",
    )
