"""Contracts of what a recommender knows: units, items, recent acts, segments, the time."""

import numpy as np
from scipy.sparse import csr_matrix

from recommenders.base import Capability, Recommender
from recommenders.contract.boards import (
    EVENING_US,
    MORNING_US,
    SIZE,
    checkerboard,
    mornings_and_evenings,
)
from recommenders.contract.judging import Candidate, answered, require, scores_of, silent

EVEN = np.arange(SIZE) % 2 == 0
ACTS = 5  # on even items, a few of those there are


def unknown_unit(candidate: Candidate) -> None:
    """A unit that training did not see is answered in full with COLD_UNITS, else not at all."""
    recommender = candidate.fitted(checkerboard())
    for unit in (-1, SIZE, 10_000):
        _answers_as_declared(candidate, recommender, unit)


def unit_without_acts(candidate: Candidate) -> None:
    """A unit of the data that did nothing is answered in full with COLD_UNITS, else not at all."""
    data = checkerboard()
    recommender = candidate.fitted(data.where(data.unit != 7))
    _answers_as_declared(candidate, recommender, 7)


def _answers_as_declared(candidate: Candidate, recommender: Recommender, unit: int) -> None:
    scores = scores_of(recommender, unit)
    if candidate.can(Capability.COLD_UNITS):
        require(
            answered(scores), f"COLD_UNITS is declared, and unit {unit} has items without score"
        )
    else:
        require(silent(scores), f"COLD_UNITS is not declared, and unknown unit {unit} has scores")


def item_without_acts(candidate: Candidate) -> None:
    """An item nobody touched takes nothing from the others; with COLD_ITEMS it has a score."""
    data, last = checkerboard(), SIZE - 1
    scores = scores_of(candidate.fitted(data.where(data.item != last)), 1, 3)
    require(
        bool(np.isfinite(scores[:, :last]).any(axis=1).all()),
        "one item without interactions leaves a known unit without any score",
    )
    if candidate.can(Capability.COLD_ITEMS):
        scored = bool(np.isfinite(scores[:, last]).all())
        require(scored, "COLD_ITEMS is declared, and an item without interactions has no score")


def recent_acts(candidate: Candidate) -> None:
    """RECENT: new acts draw lists towards their kind, also a stranger's. Else they do nothing."""
    recommender = candidate.fitted(checkerboard())
    units = (-1, 1)
    before = scores_of(recommender, *units)
    since = scores_of(recommender, *units, recent=_acts_on_even_items(len(units)))
    if not candidate.can(Capability.RECENT):
        same = np.array_equal(before, since, equal_nan=True)
        require(same, "recent acts change scores, and RECENT is not declared")
        return
    changed = all(
        not np.array_equal(*pair, equal_nan=True) for pair in zip(before, since, strict=True)
    )
    require(changed, "RECENT is declared, and recent acts change nothing")
    stranger = np.where(np.isfinite(since[0]), since[0], -np.inf)[2 * ACTS :]
    even = EVEN[2 * ACTS :]
    require(
        bool(stranger[even].max() > stranger[~even].max()),
        "a stranger that touched even items is not shown other even ones first",
    )
    empty = csr_matrix(np.zeros((len(units), SIZE), np.float32))
    nothing = scores_of(recommender, *units, recent=empty)
    same = np.allclose(nothing, before, rtol=1e-4, atol=1e-5, equal_nan=True)
    require(same, "recent acts that are empty change scores")


def _acts_on_even_items(n_units: int) -> csr_matrix:
    acts = np.zeros((n_units, SIZE), np.float32)
    acts[:, np.flatnonzero(EVEN)[:ACTS]] = np.linspace(1, 3, ACTS)
    return csr_matrix(acts)


def segments(candidate: Candidate) -> None:
    """SEGMENTS: what a segment likes comes first in it. Otherwise its scores are those of all."""
    recommender = candidate.fitted(checkerboard())
    even, odd, none = scores_of(recommender, -1, -1, -1, segments=np.array([0, 1, -1]))
    if not candidate.can(Capability.SEGMENTS):
        same = np.array_equal(even, odd, equal_nan=True)
        require(same, "scores differ between segments, and SEGMENTS is not declared")
        return
    likes = np.nanmean(even[EVEN]) > np.nanmean(even[~EVEN])
    likes &= np.nanmean(odd[EVEN]) < np.nanmean(odd[~EVEN])
    require(bool(likes), "SEGMENTS is declared, and a segment is not shown first what it likes")
    if candidate.can(Capability.COLD_UNITS):
        require(answered(none), "a unit of no segment has items without score")


def context(candidate: Candidate) -> None:
    """CONTEXT: scores differ between morning and evening. Otherwise the time changes nothing."""
    recommender = candidate.fitted(mornings_and_evenings())
    morning = scores_of(recommender, 0, 1, 2, at_us=MORNING_US)
    evening = scores_of(recommender, 0, 1, 2, at_us=EVENING_US)
    same = np.array_equal(morning, evening, equal_nan=True)
    if candidate.can(Capability.CONTEXT):
        require(not same, "CONTEXT is declared, and the time of the request changes nothing")
    else:
        require(same, "scores differ with the time, and CONTEXT is not declared")
