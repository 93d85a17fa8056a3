"""What the released clients make of a running server besides variants: refusals, caching, keys."""

import json
from typing import Any

import pytest
from growthbook import GrowthBook
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import (
    FlagNotFoundError,
    InvalidContextError,
    OpenFeatureError,
    TargetingKeyMissingError,
)

from tests.standards.agreement import Shop

pytestmark = pytest.mark.flow

NONE: dict[str, Any] = {"none": True}


def provider(shop: Shop, key: str | None = None) -> OFREPProvider:
    return OFREPProvider(
        shop.address, headers_factory=lambda: {"Authorization": f"Bearer {key or shop.publishable}"}
    )


def test_openfeature__flag_of_a_listed_visitor__tells_variant_and_reason(shop: Shop) -> None:
    context = EvaluationContext("tester-1")

    details = provider(shop).resolve_object_details("home-seven", NONE, context)

    assert details.value == {
        "experiment": "home-seven",
        "variant": "v6",
        "parameters": {"shows": 6, "at": 2.0},
    }
    assert (details.variant, details.reason) == ("v6", "TARGETING_MATCH")
    assert details.flag_metadata == {
        "reason": "OVERRIDE", "inExperiment": False, "experiment": "home-seven", "phase": 1,
    }  # fmt: skip


def test_openfeature__flag_that_is_not_there__is_flag_not_found(shop: Shop) -> None:
    with pytest.raises(FlagNotFoundError):
        provider(shop).resolve_object_details("unborn", NONE, EvaluationContext("v-1"))


def test_openfeature__no_targeting_key__is_told_so(shop: Shop) -> None:
    with pytest.raises(TargetingKeyMissingError, match="targetingKey"):
        provider(shop).resolve_object_details("halves", NONE, EvaluationContext())


def test_openfeature__context_that_cannot_be_read__is_told_where(shop: Shop) -> None:
    context = EvaluationContext("v-1", {"account_id": ["a"]})

    with pytest.raises(InvalidContextError, match="int"):
        provider(shop).resolve_object_details("halves", NONE, context)


def test_openfeature__unknown_key__is_an_error_not_a_crash(shop: Shop) -> None:
    with pytest.raises(OpenFeatureError, match="unauthorized"):
        provider(shop, "pk_unknown").resolve_object_details("halves", NONE)


def test_growthbook__payload__is_fetched_with_the_key_alone(shop: Shop) -> None:
    client = GrowthBook(api_host=shop.address, client_key=shop.publishable)
    client.load_features()
    client.set_attributes({"visitor_id": "tester-1"})

    forced = client.eval_feature("home-seven")

    client.destroy()
    assert json.loads(json.dumps(forced.value))["variant"] == "v6"
    assert forced.source == "force"
