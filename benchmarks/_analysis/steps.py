"""The statistics step: one metric of one comparison, beside tea-tasting and gbstats."""

import json
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from config.bench import Report, Settings, load_area, measure

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".venv/peers/bin/python"  # `./armature bench analysis` makes it
OURS, ALWAYS, TEA = "ours, fixed", "ours, always valid", "tea-tasting"
PAIRS = 200


@dataclass(frozen=True)
class Gbstats:
    """What gbstats took for a comparison, µs in each repeat; empty where it is not installed."""

    per_repeat_us: tuple[float, ...] = ()

    @property
    def median_us(self) -> float:
        """Return the median over repeats."""
        return statistics.median(self.per_repeat_us)


def statistics_step(settings: Settings) -> tuple[Report, Gbstats]:
    """Return the times of a comparison of two means with its result object, ours and others'."""
    area = load_area("stats")
    report = measure("statistics, a comparison", area.cases(settings), settings)
    return report, _gbstats(area, settings)


def figure(report: Report, name: str) -> float:
    """Return the median of a case in µs."""
    return next(each.median_us for each in report.figures if each.name == name)


def bulk(report: Report) -> float:
    """Return the µs of a comparison of the slower vectorised path."""
    known = [each.median_us for each in report.figures if "in bulk" in each.name]
    return max(known)


def _gbstats(area: ModuleType, settings: Settings) -> Gbstats:
    if not PEERS.exists():
        return Gbstats()
    pairs = area._pairs(PAIRS, np.random.default_rng(settings.seed))
    asked = [[[each.n, each.sum_y, each.sum_yy] for each in both] for both in pairs]
    script = Path(__file__).with_name("gbstats_step.py")
    done = subprocess.run(
        [PEERS, "-I", script],
        input=json.dumps({"pairs": asked, "repeats": settings.repeats}),
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    control, treatment = pairs[0]
    lift = (treatment.sum_y / treatment.n) / (control.sum_y / control.n) - 1
    if abs(told["lift"] - lift) > 1e-9:
        raise AssertionError(f"gbstats disagrees: {told['lift']} instead of {lift}")
    return Gbstats(tuple(told["us"]))
