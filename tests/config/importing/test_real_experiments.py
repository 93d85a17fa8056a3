"""Two published experiments, imported: their figures by the interface and on the page."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from analytics.services import compute_analysis, request_analysis
from analytics.stats.proportions import pooled_test
from experiments.keys import SCOPES, create_api_key
from experiments.models import Experiment, Site
from tests.factories import a_site, member

SHARED = Path(__file__).parents[4] / "shared" / "data"
pytestmark = [pytest.mark.slow, pytest.mark.django_db]
cookie_cats = pytest.mark.skipif(
    not (SHARED / "cookie-cats").is_dir(), reason="the Cookie Cats data set is not beside the code"
)
hillstrom = pytest.mark.skipif(
    not (SHARED / "hillstrom").is_dir(), reason="the Hillstrom data set is not beside the code"
)


def bring(site: Site, folder: str, file: str, *arguments: str) -> dict[str, Any]:
    """Import a file, compute its report, and return its results as the interface gives them."""
    path = SHARED / folder / file
    call_command("import_experiment", str(path), "--site", site.slug, "--key", folder, *arguments)
    experiment = Experiment.objects.select_related("site").get(site=site, key=folder)
    analysis = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert analysis is not None
    assert analysis.error == ""
    _row, secret = create_api_key(site=site, name="tests", scopes=SCOPES)
    response = Client().get(
        f"/api/v1/analyses/{analysis.pk}", headers={"authorization": f"Bearer {secret}"}
    )
    assert response.status_code == 200, response.content
    results: dict[str, Any] = response.json()["results"]
    return results


def metric(results: dict[str, Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in results["metrics"] if row["key"] == key)
    return found


def pooled(row: dict[str, Any], treatment: str, control: str) -> tuple[float, float]:
    """Return z and p of the published test, of the counts that the interface gives."""
    (x_a, n_a), (x_b, n_b) = (
        (row["values"][key]["numerator"], row["values"][key]["n"]) for key in (control, treatment)
    )
    test = pooled_test(x_a, n_a, x_b, n_b)
    assert test is not None
    return test.statistic, test.p_value


def shown(folder: str) -> str:
    client = Client()
    client.force_login(
        member(None, "analyst", "ines"), backend="django.contrib.auth.backends.ModelBackend"
    )
    response = client.get(f"/reports/{folder}/")
    assert response.status_code == 200
    return response.content.decode().replace("\u202f", " ")


@cookie_cats
def test_cookie_cats__imported__has_the_published_figures() -> None:
    results = bring(
        a_site(), "cookie-cats", "cookie_cats.csv.gz", "--unit", "userid", "--variant", "version",
        "--control", "gate_30", "--outcome", "retention_7=binary",
        "--outcome", "retention_1=binary", "--outcome", "sum_gamerounds=count",
    )  # fmt: skip

    assert results["split"]["counts"] == [44_700, 45_489]
    assert results["split"]["statistic"] == pytest.approx(6.9024, abs=5e-5)
    assert results["split"]["p_value"] == pytest.approx(0.008608, abs=5e-7)
    first, seventh, rounds = (
        metric(results, f"cookie-cats-{name}")
        for name in ("retention_1", "retention_7", "sum_gamerounds")
    )
    assert seventh["values"]["gate_30"]["value"] == pytest.approx(0.190201, abs=5e-7)
    assert seventh["values"]["gate_40"]["value"] == pytest.approx(0.182000, abs=5e-7)
    assert first["values"]["gate_30"]["numerator"] == 20_034
    for row, z, p, low, high in (
        (first, 1.78409, 0.074410, -0.000582, 0.012392),
        (seventh, 3.16436, 0.0015542, 0.003121, 0.013282),
    ):
        # Published is control − treatment.
        assert pooled(row, "gate_40", "gate_30") == pytest.approx((-z, p), abs=6e-6)
        compared = row["comparisons"]["gate_40"]
        assert -compared["interval"]["high"] == pytest.approx(low, abs=6e-7)
        assert -compared["interval"]["low"] == pytest.approx(high, abs=6e-7)
        assert compared["p_value"] == pytest.approx(p, rel=2e-3)
    welch = rounds["comparisons"]["gate_40"]
    assert (welch["effect"], welch["statistic"], welch["p_value"]) == pytest.approx(
        (-1.1575, -0.88544, 0.37592), abs=6e-5
    )
    page = shown("cookie-cats")
    assert "19.02 %" in page
    assert "18.20 %" in page


@hillstrom
def test_hillstrom__imported__has_the_published_figures() -> None:
    results = bring(
        a_site(currency="USD"), "hillstrom", "hillstrom.csv.gz", "--variant", "segment",
        "--control", "No E-Mail", "--outcome", "spend=money", "--outcome", "visit=binary",
        "--outcome", "conversion=binary", "--attribute", "channel",
    )  # fmt: skip

    assert results["split"]["counts"] == [21_306, 21_307, 21_387]
    assert results["split"]["p_value"] == pytest.approx(0.9037, abs=5e-5)
    spend, visit, conversion = (
        metric(results, f"hillstrom-{name}") for name in ("spend", "visit", "conversion")
    )
    assert spend["values"]["mens-e-mail"]["numerator"] == 3_031_169
    assert visit["values"]["womens-e-mail"]["numerator"] == 3_238
    assert conversion["values"]["no-e-mail"]["numerator"] == 122
    for row, treatment, z, p, low, high in (
        (visit, "mens-e-mail", 22.4860, 5.685e-112, 0.069954, 0.083226),
        (visit, "womens-e-mail", 13.9492, 3.182e-44, 0.038894, 0.051572),
        (conversion, "mens-e-mail", 7.38511, 1.523e-13, 0.005000, 0.008610),
        (conversion, "womens-e-mail", 3.77956, 1.571e-4, 0.001499, 0.004723),
    ):
        statistic, p_value = pooled(row, treatment, "no-e-mail")
        assert statistic == pytest.approx(z, abs=6e-5)
        assert p_value == pytest.approx(p, rel=1e-3)
        interval = row["comparisons"][treatment]["interval"]
        assert (interval["low"], interval["high"]) == pytest.approx((low, high), abs=6e-7)
    for treatment, effect, t, df, p in (
        ("mens-e-mail", 76.9827, 5.30014, 36_671.2, 1.164e-7),
        ("womens-e-mail", 42.4412, 3.25637, 40_064.9, 1.129e-3),
    ):
        welch = spend["comparisons"][treatment]
        assert welch["effect"] == pytest.approx(effect, abs=6e-5)  # in cents
        assert welch["statistic"] == pytest.approx(t, abs=6e-6)
        assert welch["df"] == pytest.approx(df, abs=0.06)
        assert welch["p_value"] == pytest.approx(p, rel=1e-3)
    page = shown("hillstrom")
    assert "$1.42" in page
    assert "$0.65" in page
