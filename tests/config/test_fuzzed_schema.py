"""Thousands of requests made from the OpenAPI document: every answer is one that it describes.

`./armature test tests/config/test_fuzzed_schema.py -n 2` sends them all.
"""

import math
from typing import Any

import pytest
from pytest_django import Settings

from tests.config.fuzzing import Fuzzer, a_shop, operations

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LEAST = 5000
# That fit the document, and as many that do not, of each operation.
CASES = math.ceil(LEAST / (2 * len(operations())))
FEW = 30  # fewer find too little of an operation's schema


def test_cases__of_all_operations__are_five_thousand() -> None:
    assert 2 * CASES * len(operations()) >= LEAST
    assert CASES >= FEW


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_operation__fuzzed__answers_as_the_document_says(
    operation: Any, settings: Settings
) -> None:
    settings.RATE_LIMIT_PER_KEY = 1_000_000
    fuzzer = Fuzzer(a_shop())

    sent = fuzzer.fuzz(operation, CASES)

    assert sent == 2 * CASES
    assert fuzzer.faults == []
    assert not [status for status in fuzzer.statuses if status >= 500]
