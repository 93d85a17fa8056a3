"""Pages that are no model's, and endpoints for machines, asked by everybody."""

import re
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.deciding import analysis_snapshot
from analytics.models import Analysis
from analytics.services import compute_analysis, request_analysis
from experiments.api.actions import ACTIONS
from experiments.keys import SCOPES
from experiments.models import (
    ApiKey,
    DecisionRecord,
    Duplicate,
    Event,
    Experiment,
    InboxBatch,
    Quarantine,
)
from experiments.roles import OF_STEP, key_may
from tests.access.needs import VIEW
from tests.access.paths import every_path
from tests.access.people import PEOPLE, Crowd
from tests.access.rules import KEYS, OWN, PAGES, PUBLIC, READING
from tests.callers import key_for

# Pages of what a finished analysis holds; the others say what is missing.
NEED_RESULTS = {
    "reports:frozen",
    "reports:parquet",
    "reports:html",
    "reports:pdf",
    "reports:chart",
    "reports:units",
}
NEEDS_ARGUMENTS = {"admin:view_on_site", "admin:autocomplete", "admin:app_list", "admin:"}


def arguments(name: str, crowd: Crowd) -> dict[str, Any]:
    """Return what the path of a name needs, about the first rows of this site."""
    experiment = crowd.here.experiments.get(key="test-0")
    site = crowd.here
    known = {
        "key": experiment.key,
        "pk": experiment.pk,
        "id": crowd.here.memberships.earliest("pk").user_id,
        "slug": "question",
        "site": site.slug,
        "recommender": site.recommenders.earliest("pk").key,
        "item_id": site.item_set.earliest("pk").item_id,
        "artifact": site.artifact_set.earliest("pk").pk,
        "alias": "champion",
        "exploration": experiment.explorations.earliest("pk").pk,
        "evaluation": site.evaluations.earliest("pk").pk,
        "link": experiment.share_links.earliest("pk").pk,
        "token": "unknown",
        "action": "start",
        "client_key": "pk_unknown",
        "kind": "track",
        "chart": "primary",
        "form": "svg",
        "event": Event.objects.filter(site=site).earliest("pk").pk,
        "batch": InboxBatch.objects.filter(site=site).earliest("pk").pk,
        "index": 0,
        "duplicate": Duplicate.objects.filter(site=site).earliest("pk").pk,
        "quarantined": Quarantine.objects.filter(site=site).earliest("pk").pk,
    }
    pattern = next(path.pattern for path in every_path() if path.name == name)
    return {each: known[each] for each in re.findall(r"<(?:\w+:)?(\w+)>", pattern)}


def keep_a_report(experiment: Experiment) -> None:
    compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    kept = {"analysis": analysis_snapshot(experiment)}
    others = {"outcome": "other", "reason": "a test", "actor": "pia", "at": timezone.now()}
    DecisionRecord.objects.update_or_create({**kept, **others}, experiment=experiment)


@pytest.mark.parametrize(("name", "method"), sorted(PAGES))
def test_page__about_a_site__answers_as_the_rule_says(crowd: Crowd, name: str, method: str) -> None:
    need = PAGES[name, method]
    url = f"{reverse(name, kwargs=arguments(name, crowd))}?site={crowd.here.slug}"
    # Past the guard of finished ones, as no report is read here.
    QuerySet.update(Analysis.objects.all(), status="ready", results={}, moments={})
    if name in NEED_RESULTS:
        keep_a_report(crowd.here.experiments.get(key="test-0"))
    for person in PEOPLE:
        answer = getattr(crowd.client(person), method)(url)

        comes_in = person.is_staff if name.startswith("admin:") else person.is_signed_in
        if not comes_in:
            assert "/login/" in answer.headers["Location"], person
        elif not person.may(need):
            refused = {403} if person.may(VIEW) else {403, 404}
            assert answer.status_code in refused, person
        else:
            assert answer.status_code in (200, 302), person
            assert "/login/" not in answer.headers.get("Location", ""), person


@pytest.mark.parametrize("name", sorted(OWN - NEEDS_ARGUMENTS))
def test_page__of_ones_own__opens_for_whoever_comes_in(crowd: Crowd, name: str) -> None:
    url = reverse(name)
    is_admin = name.startswith("admin:")
    for person in PEOPLE:
        answer = crowd.client(person).get(url)

        comes_in = person.is_staff if is_admin else person.is_signed_in
        assert (answer.status_code == 200) == comes_in, person


@pytest.mark.parametrize("path", ["app/experiments", "search/?s=experiments"])
def test_admin__overviews__name_what_one_may_see_alone(crowd: Crowd, path: str) -> None:
    url = "/admin/experiments/" if path.startswith("app") else f"/admin/{path}"
    for person in PEOPLE:
        answer = crowd.client(person).get(url)

        names_roles = "/admin/experiments/membership/" in answer.content.decode()
        may_see = person.is_superuser or "admin" in (
            person.here,
            person.elsewhere,
            person.everywhere,
        )
        assert names_roles <= may_see, person


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_page__open_to_all__asks_for_no_role(crowd: Crowd, name: str) -> None:
    answer = Client().get(reverse(name, kwargs=arguments(name, crowd)), follow=name != "home")

    assert answer.status_code not in (401, 403)


@pytest.mark.parametrize("name", sorted(KEYS))
def test_endpoint__of_machines__opens_to_nobody_who_signed_in(crowd: Crowd, name: str) -> None:
    for person in PEOPLE:
        for method in ("get", "post"):
            assert _ask(crowd.client(person), name, crowd, method).status_code >= 400, person


def test_endpoint__of_machines__takes_only_keys_with_its_scope(crowd: Crowd) -> None:
    keys = {scope: key_for(crowd.here, scope) for scope in SCOPES}
    for name in sorted(set(KEYS) - {"features"}):
        for scope, secret in keys.items():
            lacks = [
                "missing_scope" in _ask(Client(), name, crowd, method, secret).content.decode()
                for method in ("get", "post")
            ]
            needed = {KEYS[name], READING.get(name, KEYS[name])}
            assert any(lacks) == (needed != {scope}), (name, scope)


def test_features__in_whose_address_the_key_stands__take_no_secret_one(crowd: Crowd) -> None:
    secret = key_for(crowd.here, "assign")
    publishable = key_for(crowd.here, kind=ApiKey.Kind.PUBLISHABLE)

    assert _ask(Client(), "features", crowd, "get", secret).status_code == 401
    assert _ask(Client(), "features", crowd, "get", publishable).status_code == 200


def _ask(client: Client, name: str, crowd: Crowd, method: str, secret: str = "") -> Any:
    kwargs = arguments(name, crowd)
    if "client_key" in kwargs and secret:
        kwargs["client_key"] = secret
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    call = getattr(client, method)
    return call(reverse(name, kwargs=kwargs), headers=headers, content_type="application/json")


def test_publishable_key__reaches_no_experiment(crowd: Crowd) -> None:
    secret = key_for(crowd.here, kind=ApiKey.Kind.PUBLISHABLE)

    for name in ("experiments", "experiment", "experiment-analyses", "items"):
        assert _ask(Client(), name, crowd, "get", secret).status_code == 403


@pytest.mark.parametrize("step", sorted(ACTIONS))
def test_step__by_a_key__is_left_to_people_where_the_scope_does_not_stand_for_it(
    crowd: Crowd, step: str
) -> None:
    secret = key_for(crowd.here, *SCOPES - {"simulate"})
    url = reverse("experiment-action", kwargs={"key": "test-0", "action": step})
    headers = {"Authorization": f"Bearer {secret}"}

    answer = Client().post(url, {"reason": "x"}, headers=headers, content_type="application/json")

    is_refused = answer.json().get("code") == "person_needed"
    assert is_refused != key_may(["experiments"], OF_STEP[step])
