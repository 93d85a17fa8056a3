"""Some splits of a replay through the interface, from the recording to whether they agree."""

import time
from typing import Any

from analytics.replay.running import Prepared
from config.aa.agreeing import disagreements, judge_sample, summed_up
from config.aa.apart import ask_apart
from config.aa.recording import MOST_ACTS, assignment, record


def through_http(
    prepared: Prepared, splits: int, seed: int, *, most: int = MOST_ACTS
) -> dict[str, Any]:
    """Return what the first `splits` splits come to over HTTP, inbox, drain, rollups and analysis.

    A sample of the units takes part, of at most `most` lists and events; every split sends all of
    them to a site of its own in a temporary installation. `agrees` says whether whole numbers are
    the same and floats within 1e-9; `problems` names what is not. Raises StageFailed.
    """
    began = time.monotonic()
    sample = record(prepared, seed=seed, most=most)
    judge = judge_sample(prepared, sample)
    answers = ask_apart(assignment(prepared, sample, splits=splits, seed=seed))
    problems = disagreements(judge, answers)
    return summed_up(judge, answers, problems, time.monotonic() - began)
