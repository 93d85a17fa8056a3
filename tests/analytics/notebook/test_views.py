"""The notebook as a download of the report."""

import json

import pytest
from django.test import Client

from tests.analytics.rows import Shares
from tests.analytics.web.reports import reported
from tests.factories import a_site, draft_experiment, member

pytestmark = pytest.mark.django_db

PATH = "/reports/home-test/notebook.ipynb"
FEW = {"control": Shares(20, 0.2), "treatment": Shares(20, 0.4)}


def signed_in(client: Client, role: str) -> Client:
    client.force_login(
        member(None, role, "ines"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def test_notebook__of_a_report__is_a_file_of_cells(client: Client) -> None:
    reported(FEW)

    answer = signed_in(client, "analyst").get(PATH)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/x-ipynb+json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="shop-home-test.ipynb"'
    found = json.loads(answer.content)
    assert found["nbformat"] == 4
    assert "".join(found["cells"][1]["source"]) == (
        'ANALYSIS_FILE = "shop-home-test.json"\nUNITS_FILE = "shop-home-test-units.arrow"'
    )


def test_notebook__without_a_report__is_not_found(client: Client) -> None:
    draft_experiment(a_site())

    assert signed_in(client, "analyst").get(PATH).status_code == 404


def test_notebook__for_a_viewer__is_refused(client: Client) -> None:
    reported(FEW)

    assert signed_in(client, "viewer").get(PATH).status_code == 403
