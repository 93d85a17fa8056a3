"""The real Online Retail file, imported twice: the published figures, every row, nothing new."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from pytest_django import DjangoDbBlocker

from experiments.models import Event

SHARED = Path(__file__).parents[4] / "shared" / "data" / "uci-online-retail"
ROWS = 541_909
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not SHARED.is_dir(), reason="the Online Retail data set is not beside the code"
    ),
]


@dataclass(frozen=True, slots=True)
class Imports:
    """What `import_shop` said of the file the first and the second time, and what is stored."""

    first: dict[str, Any]
    second: dict[str, Any]
    stored: int


@pytest.fixture(scope="module")
def imports(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Imports:
    """Import the file twice, once for all tests here; the rows are gone again before they run."""
    with django_db_blocker.unblock(), transaction.atomic():
        said = Imports(_import(), _import(), Event.objects.count())
        transaction.set_rollback(True)
    return said


def _import() -> dict[str, Any]:
    out = io.StringIO()
    call_command("import_shop", "online-retail", str(SHARED), "--json", stdout=out)
    said: dict[str, Any] = json.loads(out.getvalue())
    return said


def test_import_shop__real_file__stores_every_row(imports: Imports) -> None:
    first = imports.first

    assert first["events"] == {"stored": ROWS, "known": 0, "differing": 0, "dropped": 0}
    assert sum(first["kinds"].values()) == first["figures"]["rows"] == ROWS
    assert first["items"] == {"received": 4_070, "created": 4_070}
    assert imports.stored == ROWS


def test_import_shop__real_file_again__adds_nothing(imports: Imports) -> None:
    assert imports.second["events"] == {"stored": 0, "known": ROWS, "differing": 0, "dropped": 0}


def test_figures__real_file__are_those_published(imports: Imports) -> None:
    assert imports.first["kinds"] == {
        "purchase": 530_510,
        "refund": 9_288,
        "stock_adjustment": 2_108,
        "debt_adjustment": 3,
    }
    assert imports.first["rejected"] == {}
    assert imports.first["figures"] == {
        "rows": 541_909,
        "invoices": 25_900,
        "customers": 4_372,
        "stock_codes": 4_070,
        "countries": 38,
        "largest_country": "United Kingdom 495478",
        "rows_without_customer": 135_080,
        "rows_without_description": 1_454,
        "cancellation_rows": 9_288,
        "cancellation_invoices": 3_836,
        "negative_quantity_rows": 10_624,
        "zero_price_rows": 2_515,
        "negative_price_rows": 2,
        "exact_duplicate_rows": 5_268,
        "first_at": "2010-12-01 08:26",
        "last_at": "2011-12-09 12:50",
        "revenue_exact": "9747747.934",
        "revenue": "9747747.93",
        "purchases_stored": "10655622.48",
        "refunds_stored": "896812.49",
        "adjustments_without_amount": "-11062.06",
        "rounding_difference": "-0.004",
        "anonymous_purchase_rows": 132_586,
        "anonymous_refund_rows": 383,
        "anonymous_visits": 1_609,
        "cleaned_rows": 397_884,
        "cleaned_customers": 4_338,
        "cleaned_invoices": 18_532,
        "cleaned_revenue_exact": "8911407.904",
    }
