"""Which addresses outside this service may call: public ones, looked up before each call."""

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from experiments.errors import AddressRefused

IpAddress = IPv4Address | IPv6Address
PORTS = {"http": 80, "https": 443}
LOOKUP_S = 5.0
MOST_CHARACTERS = 500
# IPv6 addresses that carry an IPv4 one: translators would lead to it.
CARRIERS = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("::/96"))
HINT = "Give the http or https address of a server that anybody can reach."


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: the very address that was checked, and the name it was found under."""

    scheme: str
    host: str
    port: int
    path: str
    address: str

    @property
    def host_header(self) -> str:
        """Return the host as the request names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: str, *, allow_private: bool) -> Target:
    """Return where a request to `url` goes, looked up now.

    Raises AddressRefused on what is no plain http or https address, a name that does not resolve,
    and, unless `allow_private`, when one of its addresses is not public.
    """
    scheme, host, port, path = _parts(url)
    found = _looked_up(host, port)
    if not allow_private and (refused := [each for each in found if not is_public(each)]):
        raise AddressRefused(
            f"{host} leads to {refused[0]}, which is not a public address", field="url", hint=HINT
        )
    return Target(scheme, host, port, path, str(found[0]))


def _parts(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path with query; raises AddressRefused on anything unusual."""
    if len(url) > MOST_CHARACTERS or any(c.isspace() or not c.isprintable() for c in url):
        raise AddressRefused("this is no address of a web server", field="url", hint=HINT)
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:  # UnicodeError is one
        raise AddressRefused("this is no address of a web server", field="url", hint=HINT) from None
    if parts.scheme not in PORTS:
        raise AddressRefused(
            f"the scheme {parts.scheme!r} is not http or https", field="url", hint=HINT
        )
    if not host or parts.username is not None or parts.password is not None or port == 0:
        raise AddressRefused(
            "an address has a host, a port other than 0 and no name or password in it",
            field="url",
            hint=HINT,
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii():
        raise AddressRefused("the path holds other than ASCII characters", field="url", hint=HINT)
    return parts.scheme, host, port or PORTS[parts.scheme], path


def _looked_up(host: str, port: int) -> Sequence[IpAddress]:
    """Return the addresses of a host; the system reads decimal and octal ones too."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        asked = pool.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        rows = asked.result(timeout=LOOKUP_S)
    except (OSError, TooSlow, UnicodeError):
        raise AddressRefused(f"{host} cannot be found", field="url", hint=HINT) from None
    finally:
        pool.shutdown(wait=False)
    # An interface's name after % says where a link-local address is; it is no part of it.
    return [ip_address(str(row[4][0]).partition("%")[0]) for row in rows]


def is_public(address: IpAddress) -> bool:
    """Return whether anybody on the internet means the same machine by an address.

    >>> is_public(ip_address("93.184.216.34")), is_public(ip_address("::ffff:127.0.0.1"))
    (True, False)
    """
    if isinstance(address, IPv6Address):
        if address.sixtofour or address.teredo or any(address in each for each in CARRIERS):
            return False
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address.is_site_local:
            return False
    special = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not special
