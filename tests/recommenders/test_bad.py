"""The contract suite finds what is bad: somebody breaks each contract, and is told by its name."""

import pytest

from recommenders.base import Recommender
from recommenders.contract import CONTRACTS, Candidate, broken_contracts
from tests.recommenders.bad import keeping, knowing, learning, scoring
from tests.recommenders.bad.good import Good

BAD: list[tuple[str, type[Recommender], str]] = [
    ("declares", keeping.FlagsOfItsOwn, "frozenset of Capability"),
    ("refuses_settings", keeping.TakesAnything, "engine"),
    ("refuses_settings", keeping.BlamesAnother, "refused as settings.power"),
    ("shape_and_type", scoring.Transposed, "4 queries gave"),
    ("shape_and_type", scoring.InDouble, "not float32"),
    ("shape_and_type", scoring.Endless, "infinity"),
    ("held_out_first", scoring.Upside, "should be shown item 0 first"),
    ("batch_is_single", scoring.OfTheBatch, "alone than in a batch"),
    ("filters_hold", scoring.FiltersItself, "places of a list are filled"),
    ("filters_hold", scoring.ShowsAFew, "of 10 places"),
    ("steady", scoring.HandsOutItsOwn, "asked for again"),
    ("steady", scoring.OneDeskForAll, "several threads"),
    ("same_seed", learning.OfThisMoment, "take chance from `rng`"),
    ("leaves_alone", learning.OfEverybodysChance, "global random state"),
    ("leaves_alone", learning.WritesOnTheData, "changes weight"),
    ("nothing_to_learn", learning.NeedsActs, "no interactions"),
    ("one_item", learning.NeedsTwo, "no second item"),
    ("learns_on", learning.LearnsOnBlindly, "after learning on"),
    ("learns_on", learning.WritesOnThePrevious, "read-only"),
    ("unknown_unit", knowing.KnowsEverybody, "unknown unit -1 has scores"),
    ("unknown_unit", knowing.PromisesColdUnits, "COLD_UNITS is declared"),
    ("unit_without_acts", knowing.GuessesTheSilent, "unknown unit 7 has scores"),
    ("item_without_acts", knowing.SilencedByOne, "without any score"),
    ("item_without_acts", knowing.PromisesColdItems, "COLD_ITEMS is declared"),
    ("recent_acts", knowing.DeafToRecent, "change nothing"),
    ("recent_acts", knowing.SaysNothingOfRecent, "RECENT is not declared"),
    ("recent_acts", knowing.ContraryToRecent, "other even ones first"),
    ("segments", knowing.PromisesSegments, "what it likes"),
    ("segments", knowing.SaysNothingOfSegments, "SEGMENTS is not declared"),
    ("context", knowing.PromisesContext, "changes nothing"),
    ("context", knowing.SaysNothingOfContext, "CONTEXT is not declared"),
    ("state_of_arrays", keeping.KeepsObjects, "of type object"),
    ("state_of_arrays", keeping.KeepsNaN, "not finite"),
    ("round_trip", keeping.ForgetsHalf, "saved and loaded"),
    ("round_trip", keeping.WritesOnItsFiles, "read-only"),
    ("round_trip", keeping.AsksItsEngine, "no engine"),
]


def test_good_recommender__whole_suite__breaks_nothing() -> None:
    assert broken_contracts(Candidate(Good)) == {}


@pytest.mark.parametrize(
    ("contract", "chosen", "told"), BAD, ids=[f"{name}-{bad.__name__}" for name, bad, _ in BAD]
)
def test_bad_recommender__whole_suite__is_told_what_it_breaks(
    contract: str, chosen: type[Recommender], told: str
) -> None:
    broken = broken_contracts(Candidate(chosen))

    assert contract in broken
    assert told in broken[contract]


def test_contracts__each__is_broken_by_somebody_bad() -> None:
    assert {contract for contract, _, _ in BAD} == set(CONTRACTS)


def test_candidate__settings__are_those_it_is_tried_with() -> None:
    found = broken_contracts(Candidate(Good, {"power": 0.0}))

    assert "power must be above 0" in found["shape_and_type"]
