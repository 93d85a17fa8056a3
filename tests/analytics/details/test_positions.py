"""Clicks by position: lists that reached a rank, and those clicked there, each once."""

from datetime import timedelta

import pytest

from analytics.details.positions import MOST_POSITIONS, positions_of
from experiments.clock import microseconds
from experiments.models import DroppedSlates, Experiment, Slate, Variant
from tests.analytics.details.scopes import START, whole
from tests.analytics.rows import event, slate

pytestmark = pytest.mark.django_db

LATER = START + timedelta(minutes=1)


def served(variant: Variant, length: int, **fields: object) -> Slate:
    found = slate(variant, "u", START, **fields)
    found.items = [{"item_id": f"i{rank}", "rank": rank} for rank in range(1, length + 1)]
    found.save()
    return found


def click(of: Slate, rank: int | None, **fields: object) -> None:
    at = fields.pop("at", LATER)
    event(of.site, "select_item", at, request_id=of.request_id, rank=rank, **fields).save()  # type: ignore[arg-type]


def counts(experiment: Experiment, key: str) -> list[tuple[int, int, int]]:
    rows = positions_of(whole(experiment))["variants"][key]
    return [(row["position"], row["shown"], row["clicked"]) for row in rows]


def test_positions__lists_of_several_lengths__count_where_they_reach(
    experiment: Experiment, control: Variant, treatment: Variant
) -> None:
    long, short = served(control, 3), served(control, 1)
    served(treatment, 2)
    click(long, 1)
    click(long, 3)
    click(short, 1)

    assert counts(experiment, "control") == [(1, 2, 2), (2, 1, 0), (3, 1, 1)]
    assert counts(experiment, "treatment") == [(1, 1, 0), (2, 1, 0), (3, 0, 0)]


def test_positions__clicked_twice_at_one_rank__counts_one_list(
    experiment: Experiment, control: Variant
) -> None:
    shown = served(control, 2)
    click(shown, 2)
    click(shown, 2)

    assert counts(experiment, "control") == [(1, 1, 0), (2, 1, 1)]


def test_positions__click_without_a_rank__is_told_apart(
    experiment: Experiment, control: Variant
) -> None:
    shown = served(control, 1)
    click(shown, None)

    found = positions_of(whole(experiment))

    assert found["unranked"] == 1
    assert counts(experiment, "control") == [(1, 1, 0)]


def test_positions__what_does_not_count__is_left_out(
    experiment: Experiment, control: Variant
) -> None:
    click(served(control, 1, reason="OVERRIDE"), 1)
    click(served(control, 1, traffic="bot"), 1)
    click(served(control, 1, phase=2), 1)
    shown = served(control, 1)
    click(shown, 1, traffic="bot")
    click(shown, 1, at=START + timedelta(days=30))
    event(shown.site, "view_item", LATER, request_id=shown.request_id, rank=1).save()

    assert counts(experiment, "control") == [(1, 1, 0)]


def test_positions__far_down_a_list__are_not_listed(
    experiment: Experiment, control: Variant
) -> None:
    shown = served(control, MOST_POSITIONS + 5)
    click(shown, MOST_POSITIONS + 1)

    rows = counts(experiment, "control")

    assert len(rows) == MOST_POSITIONS
    assert sum(clicked for _position, _shown, clicked in rows) == 0


def test_positions__lists_that_retention_dropped__are_told(
    experiment: Experiment, control: Variant
) -> None:
    DroppedSlates.objects.create(experiment=experiment, phase=1, variant=control, slates=7)

    assert positions_of(whole(experiment))["dropped"] == 7


def test_positions__of_nothing_served__are_none(experiment: Experiment) -> None:
    assert counts(experiment, "control") == []


def test_positions__up_to_an_earlier_moment__do_not_know_later_lists(
    experiment: Experiment, control: Variant
) -> None:
    served(control, 1)

    before = whole(experiment, until_us=microseconds(START) - 1)

    assert positions_of(before)["variants"]["control"] == []
