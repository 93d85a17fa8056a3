"""The OpenAPI document: valid, complete, and true of the views that it describes."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from analytics.models import Analysis
from experiments import services
from experiments.api.examples import WEBHOOK
from experiments.models import Erasure, Quarantine, Webhook
from recommenders.models import Artifact
from tests.callers import Caller
from tests.factories import draft_experiment, simulated_site, stocked, trained, two_variants

SUCCESS = re.compile(r"^2\d\d$")
PROBLEM_JSON = "application/problem+json"


@cache
def document() -> dict[str, Any]:
    """Return the document as a client downloads it."""
    response = Client(headers={"host": "localhost"}).get("/api/schema/?format=json")
    assert response.status_code == 200
    found: dict[str, Any] = json.loads(response.content)
    return found


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and operation."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


OPERATIONS = [pytest.param(*each, id=each[2]["operationId"]) for each in operations()]
every_operation = pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)


def errors_of(instance: Any, schema: dict[str, Any]) -> list[str]:
    """Return what the document's own schema says against a body."""
    whole = {"components": document()["components"], **schema}
    return [error.message for error in OAS31Validator(whole).iter_errors(instance)]


def test_document__validated__is_openapi_3_1() -> None:
    assert document()["openapi"].startswith("3.1.")
    assert "nullable" not in json.dumps(document())  # of 3.0, which 3.1 ignores
    assert list(OpenAPIV31SpecValidator(document()).iter_errors()) == []


def test_document__written_by_its_command__has_no_warning(tmp_path: Path) -> None:
    file = tmp_path / "schema.yaml"

    call_command("spectacular", "--fail-on-warn", "--validate", "--file", str(file))

    assert file.read_text().startswith("openapi: 3.1")


def paths_of(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """Yield every routed path, its parameters as the document writes them."""
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from paths_of(pattern.url_patterns, path)
        else:
            yield "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)


def test_document__beside_the_routes__has_every_path() -> None:
    routed = {path for path in paths_of(get_resolver().url_patterns) if "/api/v1/" in path}

    assert {path.replace("{pk}", "{id}") for path in routed} == set(document()["paths"])


@every_operation
def test_operation__described__says_who_may_call_and_how_it_refuses(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    responses = operation["responses"]
    refusals = {status: r for status, r in responses.items() if not SUCCESS.match(status)}

    assert operation["description"]
    assert operation["tags"]
    assert {"400", "401", "403", "429", "503"} <= set(refusals)
    for refusal in refusals.values():
        assert list(refusal["content"]) == [PROBLEM_JSON]
        assert refusal["content"][PROBLEM_JSON]["schema"] == {
            "$ref": "#/components/schemas/Problem"
        }
    assert any(SUCCESS.match(status) for status in responses)
    assert document()["security"] == [{"key": []}, {"keyHeader": []}]
    assert "security" not in operation


@every_operation
@pytest.mark.django_db
def test_operation__called_by_nobody__refuses_as_described(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    named = {"key": "k", "id": 1, "action": "start", "item_id": "sku-1", "recommender": "r"}
    address = path.format(**named).removeprefix("/api/v1/")

    response = Caller().send(method.upper(), address, b"{}")

    described = operation["responses"][str(response.status_code)]["content"][PROBLEM_JSON]
    assert response.headers["Content-Type"] == PROBLEM_JSON
    assert errors_of(response.json(), described["schema"]) == []


def examples() -> Iterator[Any]:
    """Yield every example of a body with the operation it belongs to."""
    for path, method, operation in operations():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for name, example in content.get("examples", {}).items():
            label = f"{operation['operationId']}-{name}"
            yield pytest.param(path, method, operation, example["value"], id=label)


@pytest.fixture
def shop() -> Caller:
    """Return a caller of a site that the examples fit."""
    site, secret = simulated_site()
    stocked(site)
    trained(site, "popularity", "random", "popularity")
    (hybrid,) = trained(site, "hybrid")
    Artifact.objects.filter(pk=hybrid.pk).update(version="2026-11-20.3")
    started = draft_experiment(site, "home-hybrid", variants=two_variants(), allocation=5000)
    draft_experiment(site, "in-draft", allocation=5000)
    over = draft_experiment(site, "over", allocation=5000)
    services.start_experiment(experiment_id=over.pk, waiver="a test")
    services.end_experiment(experiment_id=over.pk, actor="pia")
    hook, _secret = services.create_webhook(site=site, name="chat", url=WEBHOOK["url"])
    Quarantine.objects.create(
        pk=hook.pk, site=site, received_at=timezone.now(), code="missing_field", body="{}"
    )
    services.start_experiment(experiment_id=started.pk, waiver="a test")
    kept = {"settings": {}, "settings_hash": "0", "data_cut_us": 0, "code_version": "1"}
    Analysis.objects.create(experiment=started, phase=1, status="ready", results={}, **kept)
    erased = {"unit_type": "visitor", "digest": "0", "actor": "pia", "finished_at": timezone.now()}
    Erasure.objects.create(pk=hook.pk, site=site, asked_at=timezone.now(), **erased)
    return Caller(secret)


# What an example is about, where it is not the running experiment.
ABOUT = {
    "experiments_waive": "in-draft",
    "experiments_decide": "over",
    "templates_use": "recommender-vs-popularity",
    "recommenders_promote": "hybrid",
    "metrics_edit": "conversion",
}


@pytest.mark.parametrize(("path", "method", "operation", "example"), list(examples()))
@pytest.mark.django_db
def test_example__sent_to_the_view__is_answered_as_described(
    shop: Caller, path: str, method: str, operation: dict[str, Any], example: Any
) -> None:
    address = path.format(
        key=ABOUT.get(operation["operationId"], "home-hybrid"),
        action="pause",
        recommender=ABOUT.get(operation["operationId"], "popularity"),
        id=Webhook.objects.get().pk,
    ).removeprefix("/api/v1/")
    asked = operation["requestBody"]["content"]["application/json"]["schema"]

    response = shop.send(method.upper(), address, example)

    # The example of events shows a refused one, which its schema forbids for the same reason.
    assert [e for e in errors_of(example, asked) if "-1999" not in e] == []
    answer = b"".join(response) if response.streaming else response.content
    assert SUCCESS.match(str(response.status_code)), answer
    described = operation["responses"][str(response.status_code)].get("content")
    if described is None:
        assert answer == b""
    else:
        assert errors_of(json.loads(answer), described["application/json"]["schema"]) == []


def test_examples__counted__are_one_for_each_body() -> None:
    with_body = [o for _p, _m, o in operations() if "requestBody" in o]

    assert len(list(examples())) == len(with_body) == 29


@every_operation
def test_example__of_an_answer__is_as_described(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    for response in operation["responses"].values():
        for content in response.get("content", {}).values():
            for example in content.get("examples", {}).values():
                assert errors_of(example["value"], content["schema"]) == []


@pytest.mark.django_db
def test_example_of_events__sent__is_answered_as_shown(shop: Caller) -> None:
    content = document()["paths"]["/api/v1/events"]["post"]
    asked = content["requestBody"]["content"]["application/json"]["examples"]["example"]["value"]
    shown = content["responses"]["202"]["content"]["application/json"]["examples"]["example"]

    assert shop.post("events", asked).json() == shown["value"]


READABLE = ["experiments", "experiments/home-hybrid", "experiments/home-hybrid/history", "items"]


@pytest.mark.parametrize("path", READABLE)
@pytest.mark.django_db
def test_read__of_the_management__is_as_described(shop: Caller, path: str) -> None:
    [described] = [
        operation["responses"]["200"]["content"]["application/json"]["schema"]
        for each, method, operation in operations()
        if method == "get" and each == f"/api/v1/{path}".replace("home-hybrid", "{key}")
    ]

    assert errors_of(shop.get(path).json(), described) == []


@pytest.mark.django_db
def test_page__for_people__needs_nothing_from_elsewhere() -> None:
    response = Client().get("/api/docs/")

    html = response.content.decode()
    assert response.status_code == 200
    assert "swagger-ui" in html
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", html)
    assert addresses
    assert all(address.startswith("/") for address in addresses)
    assert not re.search(r"https?://|//cdn", re.sub(r"<!--.*?-->", "", html, flags=re.S))
    assert '"validatorUrl": null' in html
    for address in addresses:
        assert Client().get(address).status_code == 200
