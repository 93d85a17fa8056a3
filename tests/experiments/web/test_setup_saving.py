"""Saving: two editors, who may, what has started, and where a saved step leads."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from experiments.models import Change, Experiment
from experiments.web.setup.steps import ORDER
from tests.experiments.admin.forms import change_url, signed_in, superuser
from tests.experiments.web.posting import (
    CONTROL,
    TREATMENT,
    duration,
    errors_of,
    post_step,
    question,
    step_url,
    traffic,
    variants,
)
from tests.factories import a_site, draft_experiment, member, running_experiment

pytestmark = pytest.mark.django_db


def test_two_editors__of_one_step__the_second_sees_what_differs_and_nothing_is_lost() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())
    post_step(client, experiment, "duration", duration(planned_days="21"))

    answer = post_step(client, experiment, "duration", duration(planned_days="35"), version=1)

    assert answer.status_code == 409
    shown = [(each.label, each.yours, each.theirs) for each in answer.context["differences"]]
    assert shown == [("Planned run, days", "35", "21")]
    assert Experiment.objects.get().planned_days == 21
    assert 'value="35"' in answer.content.decode()

    newer = answer.context["version"]
    again = post_step(client, experiment, "duration", duration(planned_days="35"), version=newer)
    assert again.status_code == 302
    assert Experiment.objects.get().planned_days == 35


def test_two_editors__of_variants_and_metrics__collide_too() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())
    post_step(client, experiment, "metrics", {"role_conversion": "primary"})
    before = Experiment.objects.get().version

    other = post_step(
        client, experiment, "variants", variants(CONTROL, TREATMENT | {"name": "B"}), version=1
    )
    same = post_step(client, experiment, "metrics", {"role_aov": "primary"}, version=1)

    assert (other.status_code, same.status_code) == (409, 409)
    assert ("Treatment", "B") not in [(d.theirs, d.yours) for d in same.context["differences"]]
    assert ("B", "Treatment") in [(d.yours, d.theirs) for d in other.context["differences"]]
    assert Experiment.objects.get().version == before


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 5_000, "1.5", "٣"])
def test_version__nonsense__is_a_conflict(version: str) -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    answer = post_step(client, experiment, "duration", duration(), version=version)

    assert answer.status_code == 409
    assert Experiment.objects.get().version == 1


def test_step__saved__is_on_record_under_the_persons_name() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(member(experiment.site, "editor", "ines"))

    post_step(client, experiment, "duration", duration(planned_days="21"))

    change = Change.objects.get(experiment=experiment, action="edit")
    assert (change.actor, change.before["planned_days"], change.after["planned_days"]) == (
        "ines",
        14,
        21,
    )


def test_step__saved_by_the_pages_script__answers_the_new_version() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    def save(**changed: Any) -> Any:
        data = {"version": 1, "go": "stay", **duration(**changed)}
        address = step_url(experiment, "duration")
        return client.post(address, data, headers={"accept": "application/json"})

    good, late, bad = save(planned_days="21"), save(planned_days="35"), save(planned_days="0")

    assert (good.status_code, good.json()) == (200, {"version": 2})
    assert late.status_code == 409
    assert bad.status_code == 422
    assert bad.json()["problem"]


@pytest.mark.parametrize(
    ("go", "leads_to"),
    [
        ("", "checks"),
        ("question", "question"),
        ("stay", "duration"),
        ("//evil.example", "checks"),
        ("magic", "checks"),
    ],
)
def test_step__saved__leads_to_a_step_of_the_flow(go: str, leads_to: str) -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    answer = post_step(client, experiment, "duration", duration(), go=go)

    assert answer.headers["Location"] == step_url(experiment, leads_to)


def test_variants__saved_to_look_at_the_lists__keep_the_shopper() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    answer = post_step(
        client, experiment, "variants", variants(CONTROL, TREATMENT), go="stay", shopper="a b&c"
    )

    assert answer.headers["Location"] == step_url(experiment, "variants") + "?shopper=a+b%26c"


@pytest.mark.parametrize("slug", ORDER)
def test_step__opened_by_a_viewer__is_shown_and_not_saved(slug: str) -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(member(experiment.site, "viewer"))

    page = client.get(step_url(experiment, slug))
    answer = post_step(client, experiment, slug, duration())

    assert page.status_code == 200
    assert "Continue to" not in page.content.decode()
    assert answer.status_code == 403
    assert Experiment.objects.get().version == 1


@pytest.mark.parametrize("slug", ORDER)
def test_step__of_another_site__is_not_found(slug: str) -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(member(a_site("other"), "admin"))

    assert client.get(step_url(experiment, slug)).status_code == 404
    assert post_step(client, experiment, slug, duration()).status_code == 404


def test_step__that_does_not_exist__is_not_found() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    assert client.get(step_url(experiment, "magic")).status_code == 404
    assert client.get("/admin/experiments/experiment/99999/setup/traffic/").status_code == 404


def test_step__of_what_runs__leads_to_its_page_and_changes_nothing() -> None:
    experiment = running_experiment(a_site())
    client = signed_in(superuser())
    version = Experiment.objects.get().version

    shown = client.get(step_url(experiment, "traffic"))
    posted = post_step(client, experiment, "traffic", traffic(share="10"))

    assert shown.headers["Location"] == change_url(experiment)
    assert posted.headers["Location"] == change_url(experiment)
    assert Experiment.objects.get().version == version


def test_draft__opened__is_at_its_first_gap_and_else_at_the_review() -> None:
    site = a_site()
    experiment = draft_experiment(site)
    client = signed_in(superuser())

    with_gap = client.get(change_url(experiment))
    post_step(client, experiment, "question", question(site))
    without = client.get(change_url(experiment))

    assert with_gap.headers["Location"] == step_url(experiment, "question")
    assert without.headers["Location"] == step_url(experiment, "review")


def test_step__shown__asks_no_more_queries_with_more_experiments() -> None:
    site = a_site()
    experiment = draft_experiment(site)
    draft_experiment(site, "another")
    client = signed_in(superuser())

    def queries(slug: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(step_url(experiment, slug)).status_code == 200
        return len(captured)

    before = [queries(slug) for slug in ("question", "traffic", "audience", "metrics")]
    for number in range(5):
        draft_experiment(site, f"more-{number}", allocation=100)
    after = [queries(slug) for slug in ("question", "traffic", "audience", "metrics")]

    assert after == before


def test_step__with_hostile_names__is_escaped() -> None:
    site = a_site(name="<script>alert(1)</script>")
    experiment = draft_experiment(site, hypothesis_change="<script>alert(2)</script>")
    Experiment.objects.update(name="<script>alert(3)</script>")
    experiment.variants.update(name="<script>alert(4)</script>")
    client = signed_in(superuser())

    for slug in ORDER:
        page = client.get(step_url(experiment, slug)).content.decode()
        assert "<script>alert(" not in page, slug


def test_form__with_an_error__says_that_nothing_was_saved() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    answer = post_step(client, experiment, "duration", duration(planned_days="0"))

    assert "Nothing was saved yet." in answer.content.decode()
    assert "greater than or equal to 1" in errors_of(answer)
