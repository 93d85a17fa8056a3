"""The metric table as Parquet: every stored number, and what it was computed by."""

import io
import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analytics.exports.tidy import parquet_file
from analytics.models import Analysis, Metric
from analytics.stats.moments import Moments
from tests.analytics.exports.hostile import FEW, NAME, a_hostile_run
from tests.analytics.rows import a_run
from tests.analytics.web.reports import analyse

pytestmark = pytest.mark.django_db


def test_table__read_by_pandas__holds_the_stored_numbers_of_every_metric_and_variant() -> None:
    analysis = analyse(a_run(FEW))

    frame = pd.read_parquet(io.BytesIO(parquet_file(analysis)))

    metrics = analysis.report["metrics"]
    assert len(frame) == 2 * len(metrics)
    rows = {(row["metric"], row["variant"]): row for row in frame.to_dict("records")}
    for metric in metrics:
        compared, row = metric["comparisons"]["treatment"], rows[metric["key"], "treatment"]
        assert row["status"] == compared["status"]
        assert row["n"] == metric["values"]["treatment"]["n"]
        assert row["error"] == ""
        if compared["lift_interval"]:
            assert row["lift_low"] == compared["lift_interval"]["low"]
            assert row["lift_80_high"] == compared["levels"]["80"][1]
            assert row["effect"] == compared["effect"]
            assert row["p_value"] == compared["p_value"]
        stored = Moments.from_dict(analysis.moments[metric["key"]]["treatment"])
        assert int(row["sum_yy"]) == stored.sum_yy
        assert pd.isna(rows[metric["key"], "control"]["effect"])


def test_table__as_a_file__names_analysis_cut_and_settings_in_its_metadata() -> None:
    analysis = analyse(a_run(FEW))

    metadata = pq.read_schema(io.BytesIO(parquet_file(analysis))).metadata

    about = json.loads(metadata[b"armature"])
    assert about["analysis"] == analysis.pk
    assert about["data_cut_us"] == analysis.data_cut_us
    assert about["settings_hash"] == analysis.settings_hash
    assert about["settings"] == analysis.settings


def test_table__of_a_broken_metric_and_hostile_names__says_why_and_keeps_the_names() -> None:
    experiment = a_hostile_run()
    Metric.objects.filter(key="conversion").update(numerator={"source": "nowhere"})
    analyse(experiment)

    frame = pd.read_parquet(io.BytesIO(parquet_file(Analysis.objects.get())))

    broken = frame[frame["metric"] == "conversion"]
    assert set(broken["n"].isna()) == {True}
    assert "nowhere" in broken["error"].iloc[0]
    assert set(frame["metric_name"]) == {NAME}
    assert frame["variant_name"].iloc[0] == f"control {NAME}"
