"""A site's own networks: what may be written, and whose address is within."""

from typing import Any

import pytest

from experiments.errors import InvalidInput
from experiments.traffic.addresses import checked_networks, is_within

OURS = ("192.0.2.0/24", "2001:db8::/32")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("::ffff:192.0.2.7", True),
        ("not an address", False),
        ("", False),
    ],
)
def test_address__of_a_network__is_within(address: str, expected: bool) -> None:
    assert is_within(address, OURS) is expected


def test_network__that_was_stored_unchecked__counts_for_none() -> None:
    assert not is_within("192.0.2.7", ("everywhere",))
    assert is_within("192.0.2.7", ("everywhere", "192.0.2.0/24"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("192.0.2.0/24", "a list of texts"),
        ([1], "a list of texts"),
        (["192.0.2.1/24"], "host bits"),
        (["office"], "'office' is no network"),
        (["192.0.2.0/24"] * 101, "at most 100"),
        (None, "a list of texts"),
    ],
)
def test_networks__that_are_none__are_refused_with_the_reason(given: Any, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        checked_networks(given)
