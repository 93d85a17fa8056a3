"""When a recommender is left alone for being slow or failing, and when it is tried again."""

from recommenders.serving.breaker import (
    FEWEST,
    IN_A_ROW,
    REST_S,
    WINDOW,
    Breaker,
    Breakers,
    Cause,
    State,
)

QUICK, SLOW, FAILED = "quick", "slow", "failed"


class Clock:
    """A clock that goes on when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def a_breaker(clock: Clock | None = None) -> Breaker:
    return Breaker(lambda: None, clock or Clock())


def take(breaker: Breaker, *went: str) -> None:
    for each in went:
        breaker.record(is_slow=each == SLOW, has_failed=each == FAILED)


def test_breaker__one_in_a_hundred_slow__stays_closed() -> None:
    breaker = a_breaker()

    for _hundred in range(4):
        take(breaker, *[QUICK] * 99, SLOW)

    assert breaker.state is State.CLOSED
    assert breaker.allows()


def test_breaker__p99_beyond_the_budget__opens() -> None:
    breaker = a_breaker()
    take(breaker, *[QUICK] * FEWEST, SLOW)

    take(breaker, *[QUICK] * 10, SLOW)

    assert breaker.state is State.OPEN
    assert not breaker.allows()


def test_breaker__few_answers_yet__is_not_opened_by_two_slow_ones() -> None:
    breaker = a_breaker()

    take(breaker, SLOW, QUICK, SLOW)

    assert breaker.state is State.CLOSED


def test_breaker__several_slow_in_a_row__opens_without_waiting_for_a_percentile() -> None:
    breaker = a_breaker()

    take(breaker, *[SLOW] * (IN_A_ROW - 1))
    before = breaker.state
    take(breaker, SLOW)

    assert (before, breaker.state) == (State.CLOSED, State.OPEN)


def test_breaker__several_failures_in_a_row__opens_and_says_why() -> None:
    breaker = a_breaker()

    take(breaker, *[FAILED] * (IN_A_ROW - 1))
    before = breaker.state
    take(breaker, FAILED)

    assert (before, breaker.state) == (State.CLOSED, State.OPEN)
    assert breaker.cause is Cause.FAILING


def test_breaker__failures_now_and_then__stays_closed() -> None:
    breaker = a_breaker()

    take(breaker, *[FAILED, QUICK] * WINDOW)

    assert breaker.state is State.CLOSED


def test_breaker__trial_failed__rests_again() -> None:
    clock = Clock()
    breaker = a_breaker(clock)
    take(breaker, *[SLOW] * IN_A_ROW)
    clock.now += REST_S
    breaker.allows()

    take(breaker, FAILED)

    assert (breaker.state, breaker.cause) == (State.OPEN, Cause.FAILING)


def test_breaker__slow_answers_long_ago__are_forgotten() -> None:
    breaker = a_breaker()
    take(breaker, *[QUICK] * FEWEST, SLOW, *[QUICK] * WINDOW)

    take(breaker, SLOW)

    assert breaker.state is State.CLOSED


def test_breaker__rested__lets_one_through_and_closes_when_that_is_quick() -> None:
    clock = Clock()
    breaker = a_breaker(clock)
    take(breaker, *[SLOW] * IN_A_ROW)
    clock.now += REST_S - 1
    too_early = breaker.allows()
    clock.now += 2

    first, second = breaker.allows(), breaker.allows()
    half_open = breaker.state
    take(breaker, QUICK)

    assert (too_early, first, second) == (False, True, False)
    assert half_open is State.HALF_OPEN
    assert breaker.state is State.CLOSED
    assert breaker.allows()


def test_breaker__trial_slow_again__rests_again() -> None:
    clock = Clock()
    breaker = a_breaker(clock)
    take(breaker, *[SLOW] * IN_A_ROW)
    clock.now += REST_S
    breaker.allows()

    take(breaker, SLOW)

    assert breaker.state is State.OPEN
    clock.now += REST_S - 1
    assert not breaker.allows()


def test_breaker__trial_never_came_back__another_is_let_through_after_a_rest() -> None:
    clock = Clock()
    breaker = a_breaker(clock)
    take(breaker, *[SLOW] * IN_A_ROW)
    clock.now += REST_S
    breaker.allows()
    clock.now += REST_S

    assert breaker.allows()


def test_breakers__of_two_recommenders__open_apart_and_tell_of_it() -> None:
    told: list[dict[tuple[int, str], Cause]] = []
    breakers = Breakers(told.append, Clock())

    take(breakers.of(1, "slow"), *[SLOW] * IN_A_ROW)
    take(breakers.of(1, "quick"), QUICK)

    assert told == [{(1, "slow"): Cause.SLOW}]
    assert breakers.of(1, "quick").allows()
    breakers.forget()
    assert breakers.of(1, "slow").allows()
