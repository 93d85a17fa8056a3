"""A detail that fails says so under its own name and spoils nothing."""

from typing import Any

import pytest
from django.db import connection

from analytics.details import DETAILS, details_of
from analytics.reporting.scope import Scope
from experiments.models import Experiment
from tests.analytics.details.scopes import whole

pytestmark = pytest.mark.django_db


def broken(scope: Scope) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")
    return {}


def test_details__one_that_fails__leaves_the_others_and_the_transaction(
    experiment: Experiment,
) -> None:
    found = details_of(whole(experiment), {"broken": broken, **DETAILS})

    assert set(found) == {"broken", *DETAILS}
    assert "no_such_table" in found["broken"]["error"]
    assert all("error" not in found[name] for name in DETAILS)
    assert Experiment.objects.count() == 1
