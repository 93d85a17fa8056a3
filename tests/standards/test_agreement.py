"""Our interface and the released clients of two standards give each unit the same variant."""

from pathlib import Path

import pytest

from experiments.assignment.specs import Reason
from tests.standards.agreement import Report, Shop, agree

# On SQLite once is enough. `./armature agree` puts five times as many units.
pytestmark = [pytest.mark.slow, pytest.mark.flow]

UNITS = 20_000
# Of the operators that people write these become others in the stored form.
WRITTEN = {"$regexi", "$notRegex", "$notRegexi", "$inGroup", "$notInGroup"}
STORED = {
    "$all", "$and", "$elemMatch", "$eq", "$exists", "$gt", "$gte", "$in", "$ini", "$lt", "$lte",
    "$ne", "$nin", "$nini", "$nor", "$not", "$or", "$regex", "$size", "$type", "$veq", "$vgt",
    "$vgte", "$vlt", "$vlte", "$vne",
}  # fmt: skip


@pytest.fixture(scope="module")
def report(shop: Shop, node: None, tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder: Path = tmp_path_factory.mktemp("agreement")
    return agree(shop, folder, units=UNITS)


def test_clients__asked_for_the_same_units__agree(report: Report) -> None:
    assert report.differences == []
    assert report.n_differences == 0
    clients = {
        "recommendations", "ofrep", "growthbook-python", "growthbook-js", "openfeature-python",
        "openfeature-js",
    }  # fmt: skip
    assert set(report.compared) == clients
    for name in ("ofrep", "growthbook-python", "growthbook-js"):
        assert report.compared[name] >= UNITS * 20


def test_units__of_the_run__meet_everything_that_can_happen(report: Report) -> None:
    # Of placements, which have no reason of their own, and of what programs say that they are.
    asked_elsewhere = {Reason.NO_EXPERIMENT, Reason.BOT}
    assert {*report.reasons} == {reason.value for reason in Reason} - asked_elsewhere
    assert report.operators == STORED
    assert not STORED & WRITTEN
    assert min(report.shares.values()) >= 0.2
