"""Folds: who is asked about, what is known of them, and what counts as wanted."""

import numpy as np
import pytest

from recommenders.base import Kind
from recommenders.errors import EvaluationError
from recommenders.evaluation.design import Design, folds_of, sampled
from recommenders.evaluation.folds import Fold, Group, Log
from recommenders.features.catalogue import ItemFeatures
from recommenders.interactions import Interaction

DAY = 86_400_000_000
CUT = 10  # days; what is later is judged
PAST = "a1 b2 c3 d4 e5 f6 g7 h8"  # of somebody: items exist once they were touched
ITEMS = [ItemFeatures(item) for item in "abcdefgh"]


def _log(**acts: str) -> Log:
    """Return what units did: "a1" is item a on day 1, "b12!" a purchase of b on day 12."""
    rows = [
        Interaction(
            unit_id=unit,
            item_id=act[0],
            weight=1.0,
            ts_us=int(act[1:].rstrip("!")) * DAY,
            kind=Kind.PURCHASE if act.endswith("!") else Kind.VIEW,
        )
        for unit, text in acts.items()
        for act in text.split()
    ]
    # The last act of all says where the only window ends.
    rows.append(Interaction("end", "a", 1.0, (2 * CUT - 1) * DAY + DAY - 1))
    return Log.of(rows, ITEMS)


def _fold(log: Log, *, remove_seen: bool = True, purchases_only: bool = False) -> Fold:
    design = Design(window_days=CUT, remove_seen=remove_seen, purchases_only=purchases_only)
    (fold,) = folds_of(log, design)
    return fold


def _asked(fold: Fold, log: Log, unit_id: str) -> dict[str, str]:
    """Return what a unit is asked about, by group: the wanted items."""
    ids = sorted({row.unit_id for row in log.rows})
    found = {}
    for row in np.flatnonzero(fold.identity == ids.index(unit_id)):
        wanted = fold.wanted.indices[fold.wanted.indptr[row] : fold.wanted.indptr[row + 1]]
        names = "".join(sorted("abcdefgh"[item] for item in wanted))
        found[Group(fold.group[row]).name.lower()] = names
    return found


EVERYBODY = _log(
    hot="a1 b2 c3 d4 e5 f11",
    warm="a1 a2 b3 c12",
    cold="a11 b12 b13",
    once="d14",
    past=PAST,
)


def test_groups__by_what_came_before_the_cut__are_told_apart() -> None:
    fold = _fold(EVERYBODY)

    assert _asked(fold, EVERYBODY, "hot") == {"hot": "f"}
    assert _asked(fold, EVERYBODY, "warm") == {"warm": "c"}
    assert _asked(fold, EVERYBODY, "past") == {}


def test_strangers__who_did_several_things__are_asked_about_twice() -> None:
    fold = _fold(EVERYBODY)

    assert _asked(fold, EVERYBODY, "cold") == {"cold": "ab", "arrived": "b"}
    assert _asked(fold, EVERYBODY, "once") == {"cold": "d"}


def test_arrived__after_their_first_act__bring_it_along_and_may_not_be_shown_it() -> None:
    fold = _fold(EVERYBODY)
    row = int(np.flatnonzero(fold.group == Group.ARRIVED)[0])

    queries = fold.queries(slice(row, row + 1))

    assert queries.units.tolist() == [-1]
    assert queries.recent is not None
    assert queries.recent.indices.tolist() == [0]
    assert fold.seen[row].indices.tolist() == [0]


def test_cold__strangers__bring_nothing_along() -> None:
    fold = _fold(EVERYBODY)
    row = int(np.flatnonzero(fold.group == Group.COLD)[0])

    assert fold.queries(slice(row, row + 1)).recent is None


def test_training__of_a_fold__knows_nothing_of_the_window() -> None:
    fold = _fold(EVERYBODY)

    assert fold.data.until_us == CUT * DAY
    assert fold.data.age_days.min() >= 2  # the latest act before the cut was on day 8
    assert fold.data.n_units == 3


def test_seen__when_removed__is_neither_wanted_nor_listed() -> None:
    log = _log(again="a1 b2 a11 c12", only="b1 b13", past=PAST)

    hidden, kept = _fold(log), _fold(log, remove_seen=False)

    assert _asked(hidden, log, "again") == {"warm": "c"}
    assert _asked(hidden, log, "only") == {}
    assert _asked(kept, log, "again") == {"warm": "ac"}
    assert _asked(kept, log, "only") == {"warm": "b"}


def test_items__that_came_later__take_no_part_and_are_counted() -> None:
    log = _log(one="a1 h12 b13", other="b2 c3 a14")

    fold = _fold(log)

    assert fold.data.n_items == len(ITEMS) - 1
    assert fold.unreachable == 1
    assert _asked(fold, log, "one") == {"warm": "b"}


def test_items__imported_after_what_happened_with_them__are_as_old_as_that() -> None:
    late = [ItemFeatures(item, added_us=30 * DAY) for item in "ab"]

    log = Log.of([Interaction("one", "a", 1.0, 3 * DAY)], late)

    assert [item.added_us for item in log.items] == [3 * DAY, 30 * DAY]


def test_wanted__purchases_only__leaves_views_out() -> None:
    log = _log(one="a1 b2! c12 b13 d14!", two="c1 d2 b15", past=PAST)

    fold = _fold(log, purchases_only=True)

    assert _asked(fold, log, "one") == {"warm": "d"}
    assert _asked(fold, log, "two") == {}


def test_fold__nothing_left_to_foretell__is_refused_with_what_to_do() -> None:
    log = _log(one="a1 a12")

    with pytest.raises(EvaluationError, match="could have been foretold") as refused:
        _fold(log, purchases_only=True)

    assert refused.value.hint is not None


@pytest.mark.parametrize(
    ("log", "missing"), [(Log([], ITEMS), "interactions"), (Log(EVERYBODY.rows, []), "items")]
)
def test_folds__nothing_to_judge_by__are_refused(log: Log, missing: str) -> None:
    with pytest.raises(EvaluationError, match=f"no {missing}"):
        folds_of(log, Design())


@pytest.mark.parametrize("split", ["last", "random"])
def test_folds__apart_from_time__know_every_unit_and_no_stranger(split: str) -> None:
    (fold,) = folds_of(EVERYBODY, Design(split=split))

    assert set(fold.group.tolist()) <= {Group.HOT, Group.WARM, Group.COLD}
    assert Group.ARRIVED not in fold.group


def test_folds__unknown_split__names_those_that_exist() -> None:
    with pytest.raises(EvaluationError, match="unknown split 'sideways'") as refused:
        folds_of(EVERYBODY, Design(split="sideways"))

    assert refused.value.hint == "Known: time, last, random."


def test_sample__fewer_units_than_there_are__keeps_all_that_they_did() -> None:
    kept = sampled(EVERYBODY, 2, seed=3)

    units = {row.unit_id for row in kept.rows}
    assert len(units) == 2
    assert kept.rows == [row for row in EVERYBODY.rows if row.unit_id in units]
    assert sampled(EVERYBODY, 99, seed=3) is EVERYBODY
