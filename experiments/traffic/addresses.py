"""Where a request comes from, and whether that is a site's own network."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

from experiments.errors import InvalidInput

Network = IPv4Network | IPv6Network
MAX_NETWORKS = 100


def client_address(request: HttpRequest) -> str:
    """Return who is at the other end.

    In production a proxy stands in front and appends the address it sees to X-Forwarded-For; what
    comes before the last comma is the client's own claim and proves nothing.
    """
    named = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.PRODUCTION else ""
    return str(named.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", ""))


def is_within(address: str, networks: Sequence[str]) -> bool:
    """Return whether an address is of one of these networks; what is no address is of none.

    >>> is_within("::ffff:192.0.2.7", ("192.0.2.0/24",)), is_within("", ("0.0.0.0/0",))
    (True, False)
    """
    if not networks:
        return False
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in _parsed(tuple(networks)))


def checked_networks(given: object) -> list[str]:
    """Return a list of networks as they are stored; raises InvalidInput on anything else.

    >>> checked_networks(["192.0.2.0/24", "2001:db8::1"])
    ['192.0.2.0/24', '2001:db8::1/128']
    """
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise _refused(f"networks are a list of texts, not {str(given)[:80]!r}")
    if len(given) > MAX_NETWORKS:
        raise _refused(f"{len(given)} networks; at most {MAX_NETWORKS}")
    return [str(_network(each)) for each in given]


def _network(text: str) -> Network:
    try:
        return ip_network(text.strip())
    except ValueError as error:
        raise _refused(f"{text[:80]!r} is no network: {error}"[:300]) from error


def _refused(problem: str) -> InvalidInput:
    return InvalidInput(
        problem, field="internal_networks", hint='Write a list like ["192.0.2.0/24"].'
    )


@lru_cache(maxsize=256)
def _parsed(networks: tuple[str, ...]) -> tuple[Network, ...]:
    """Return the networks; one that was stored unchecked counts for none."""
    parsed: list[Network] = []
    for each in networks:
        try:
            parsed.append(ip_network(each, strict=False))
        except ValueError:
            continue
    return tuple(parsed)
