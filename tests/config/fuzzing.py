"""Requests that schemathesis makes from the OpenAPI document, sent to the API in this process."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import schemathesis
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as examples
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from experiments import services
from experiments.api.examples import WEBHOOK
from tests.config.test_schema import document
from tests.factories import draft_experiment, simulated_site, stocked, trained, two_variants

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
# What a request must say beyond its schema (a placement that exists, an address that is public)
# no document can tell, so one that fits may be refused; and the generated keys are not the ones
# that are sent: `test_schema` asks as nobody.
LEFT_OUT = {"positive_data_acceptance", "ignored_auth"}
# A batch is taken and says what was refused in it: a bad member never fails its neighbours.
TAKES_BAD_MEMBERS = {"POST /api/v1/events", "PUT /api/v1/items", "PATCH /api/v1/items"}
KNOWN = {"key": ("home-hybrid", "in-draft", "over", "recommender-vs-popularity"), "id": (1, 2)}


@cache
def operations() -> list[Any]:
    """Return every operation of the document."""
    schema: Any = schemathesis.openapi.from_dict(document())
    with override_settings(MIDDLEWARE=settings.API_MIDDLEWARE):  # as config/wsgi.py does
        schema.app = WSGIHandler()
    return [found.ok() for found in schema.get_all_operations()]


def a_shop() -> str:
    """Make a site with something in every place; return a key that may do everything."""
    site, secret = simulated_site()
    stocked(site)
    trained(site, "popularity", "random")
    for key in ("home-hybrid", "in-draft", "over"):
        draft_experiment(site, key, variants=two_variants(), allocation=3000)
    for key in ("home-hybrid", "over"):
        row = site.experiments.get(key=key)
        services.start_experiment(experiment_id=row.pk, waiver="a test")
    services.end_experiment(experiment_id=site.experiments.get(key="over").pk, actor="pia")
    services.create_webhook(site=site, name="chat", url=WEBHOOK["url"])
    return secret


@dataclass
class Fuzzer:
    """Sends what is generated for an operation and keeps what is wrong with the answers."""

    secret: str
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def fuzz(self, operation: Any, cases: int, number: int = 1) -> int:
        """Send cases that fit the document and as many that do not; return how many were sent."""
        before = self.statuses.total()
        for mode in MODES:
            self._send(operation, mode, cases, number)
        return self.statuses.total() - before

    def _send(self, operation: Any, mode: GenerationMode, cases: int, number: int) -> None:
        @seed(number)
        @examples(
            max_examples=cases,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def run(case: Any) -> None:
            self._check(operation, case)

        run()

    def _check(self, operation: Any, case: Any) -> None:
        if self.statuses.total() % 2:
            self._lead_to_something(case)
        headers = {"Authorization": f"Bearer {self.secret}", "Host": "localhost"}
        response = case.call(headers=headers)
        self.statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=self._checks(operation, case))
        except BaseExceptionGroup as group:
            self.faults.append(
                f"{response.status_code} {case.as_curl_command()}: {group.exceptions}"
            )

    def _lead_to_something(self, case: Any) -> None:
        """Put what exists into every other case's path, where a random key finds nothing."""
        for name in KNOWN.keys() & set(case.path_parameters or ()):
            known = KNOWN[name]
            case.path_parameters[name] = known[self.statuses.total() // 2 % len(known)]

    def _checks(self, operation: Any, case: Any) -> list[Any]:
        out = set(LEFT_OUT)
        # A size of a page that is none is the usual one, as `test_paths` has it.
        is_lenient = operation.label in TAKES_BAD_MEMBERS or "page_size" in (case.query or ())
        if is_lenient or case.path_parameters:
            out.add("negative_data_rejection")
        return CHECKS.get_by_names([n for n in CHECKS.get_all_names() if n not in out])
