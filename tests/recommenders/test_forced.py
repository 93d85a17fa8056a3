"""Forced variants, testers and kept units: served, recorded, counted only when they should be."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from experiments.drain import drain_once
from experiments.links import make_force_link
from experiments.models import ApiKey, Experiment, Exposure, Override, Site, Slate
from experiments.services import archive_experiment, end_experiment, kill_experiment
from tests.callers import Caller, key_for, refusal
from tests.factories import a_site, draft_experiment, running_experiment

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_site()


def server(site: Site) -> Caller:
    return Caller(key_for(site))


def page(site: Site) -> Caller:
    return Caller(key_for(site, kind=ApiKey.Kind.PUBLISHABLE))


def link_to(experiment: Experiment, variant: str = "treatment", **fields: Any) -> str:
    given = {"now": timezone.now()} | fields
    return make_force_link(experiment=experiment, variant=variant, **given).token


def served(caller: Caller, **fields: Any) -> dict[str, Any]:
    body = {"placement": "home", "unit": {"visitor_id": "v-1"}} | fields
    response = caller.post("recommendations", body)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    drain_once()
    return found


def recorded(answer: dict[str, Any]) -> tuple[str, str | None]:
    """Return reason and variant of the slate that an answer was recorded as."""
    row = Slate.objects.select_related("variant").get(request_id=answer["request_id"])
    return row.reason, row.variant.key if row.variant else None


@pytest.mark.parametrize("variant", ["control", "treatment"])
def test_link__opened_by_a_page__shows_its_variant_and_counts_nobody(
    site: Site, variant: str
) -> None:
    token = link_to(running_experiment(site), variant)

    answer = served(page(site), force=token)

    shown = answer["experiment"]
    assert (shown["variant"], shown["reason"], shown["in_experiment"]) == (
        variant, "OVERRIDE", False,
    )  # fmt: skip
    assert recorded(answer) == ("OVERRIDE", variant)
    assert not Exposure.objects.exists()
    assert "ignored" not in answer


def test_link__to_a_draft__shows_it_before_it_starts(site: Site) -> None:
    running_experiment(site, "first", allocation=5000)
    token = link_to(draft_experiment(site, "second", allocation=5000))

    answer = served(page(site), force=[token])

    assert answer["experiment"]["key"] == "second"
    assert recorded(answer) == ("OVERRIDE", "treatment")
    assert not Exposure.objects.exists()


@pytest.mark.parametrize("state", ["killed", "archived"])
def test_link__to_what_nobody_may_see_again__is_not_made(site: Site, state: str) -> None:
    experiment = running_experiment(site)
    who: dict[str, Any] = {"experiment_id": experiment.pk, "actor": "ann"}
    if state == "killed":
        kill_experiment(**who, reason="it harms")
    else:
        end_experiment(**who)
        archive_experiment(**who)

    answer = server(site).post("experiments/home-test/links", {"variant": "treatment"})

    assert refusal(answer) == (409, "wrong_status", None)
    assert f"no link shows an experiment that is {state}" in answer.json()["detail"]


def test_link__to_a_killed_experiment__shows_what_the_placement_serves(site: Site) -> None:
    experiment = running_experiment(site)
    token = link_to(experiment)
    kill_experiment(experiment_id=experiment.pk, actor="ann", reason="it harms")

    answer = served(page(site), force=token)

    assert answer["experiment"]["variant"] is None
    assert recorded(answer)[1] is None


def test_link__that_is_stale_forged_or_foreign__is_ignored_and_named(site: Site) -> None:
    experiment = running_experiment(site)
    past = timezone.now() - timedelta(days=8)
    foreign = link_to(draft_experiment(a_site("other")))
    good = link_to(experiment)

    tokens = [link_to(experiment, now=past), f"{good[:-1]}_", foreign, "", "é😀"]
    answer = served(page(site), force=tokens)

    assert answer["experiment"]["reason"] == "SPLIT"
    assert [each["field"] for each in answer["ignored"]] == [f"force[{n}]" for n in range(5)]
    assert "ended" in answer["ignored"][0]["detail"]
    assert Exposure.objects.count() == 1


def test_override__by_id__is_served_and_never_counted(site: Site) -> None:
    experiment = running_experiment(site)
    variant = experiment.variants.get(key="treatment")
    Override.objects.create(experiment=experiment, unit_id="tester", variant=variant)

    answer = served(page(site), unit={"visitor_id": "tester"})

    assert recorded(answer) == ("OVERRIDE", "treatment")
    assert not Exposure.objects.exists()


def test_tester__with_a_secret_key__meets_a_draft_and_is_never_counted(site: Site) -> None:
    draft_experiment(site)

    unseen = served(server(site))
    answer = served(server(site), qa=True)

    assert recorded(unseen) == ("NO_EXPERIMENT", None)
    assert answer["experiment"]["reason"] == "QA"
    assert recorded(answer)[0] == "QA"
    assert not Exposure.objects.exists()


@pytest.mark.parametrize("path", ["recommendations", "assignments"])
def test_tester__with_a_publishable_key__is_a_403(site: Site, path: str) -> None:
    response = page(site).post(path, {"placement": "home", "qa": True})

    assert refusal(response) == (403, "testing_refused", "qa")


def sticky(site: Site) -> Experiment:
    """Return a running experiment on accounts, to which visitors may come before they sign in."""
    experiment = running_experiment(
        site, unit_type="account", fallback_unit_type="visitor", is_sticky=True
    )
    return Experiment.objects.get(pk=experiment.pk)


def test_visitor__who_signs_in_with_a_kept_token__stays_the_same_unit(site: Site) -> None:
    experiment = sticky(site)
    before = served(page(site), unit={"visitor_id": "v-1"})
    token = before["experiment"]["kept_token"]

    differing = 0
    for number in range(20):
        unit = {"visitor_id": "v-1", "account_id": f"a-{number}"}
        kept = served(page(site), unit=unit, kept=[token])["experiment"]
        alone = served(page(site), unit=unit)["experiment"]
        assert kept["variant"] == before["experiment"]["variant"]
        differing += alone["variant"] != kept["variant"]

    assert differing > 0
    exposed = Exposure.objects.get(experiment=experiment, unit_id="v-1")
    assert (exposed.unit_type, exposed.is_multiple) == ("visitor", False)


def test_kept_token__of_an_older_phase_or_not_ours__changes_nothing(site: Site) -> None:
    experiment = sticky(site)
    token = served(page(site))["experiment"]["kept_token"]
    Experiment.objects.filter(pk=experiment.pk).update(phase=2)
    site.save()

    answer = served(
        page(site), unit={"visitor_id": "v-1", "account_id": "a-1"}, kept=[token, "forged"]
    )

    assert Slate.objects.get(request_id=answer["request_id"]).unit_id == "a-1"
    assert answer["ignored"] == [{"field": "kept[1]", "detail": "this is no token of this site"}]


def test_kept_token__of_an_experiment_that_is_not_sticky__is_not_given(site: Site) -> None:
    running_experiment(site)

    assert "kept_token" not in served(page(site))["experiment"]
