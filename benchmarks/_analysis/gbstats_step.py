"""gbstats' statistics step, in a Python of its own: it needs a numpy older than ours.

Reads JSON on standard input: pairs of [n, sum, sum of squares], and repeats. Writes JSON: the
microseconds of a comparison in each repeat, and the relative effect of the first pair.
"""

import json
import sys
import time
import warnings

from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest
from gbstats.models.statistics import SampleMeanStatistic

warnings.filterwarnings("ignore")


def main() -> None:
    """Measure and tell."""
    asked = json.load(sys.stdin)
    pairs = [tuple(SampleMeanStatistic(*each) for each in both) for both in asked["pairs"]]
    config = FrequentistConfig(difference_type="relative")
    found = [_result(control, treatment, config) for control, treatment in pairs]
    times = []
    for _ in range(asked["repeats"]):
        start = time.perf_counter()
        for control, treatment in pairs:
            _result(control, treatment, config)
        times.append((time.perf_counter() - start) * 1e6 / len(pairs))
    json.dump({"us": times, "lift": float(found[0].expected)}, sys.stdout)


def _result(control, treatment, config):  # type: ignore[no-untyped-def]
    return TwoSidedTTest(control, treatment, config).compute_result()


if __name__ == "__main__":
    main()
