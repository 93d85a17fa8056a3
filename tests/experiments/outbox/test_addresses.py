"""Which addresses webhooks may be sent to; names are looked up for real."""

import socket
from ipaddress import ip_address

import pytest

from experiments.errors import AddressRefused
from experiments.outbox.addresses import is_public, target_of


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "239.1.2.3",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2001:0:53aa:64c:0:0:80ff:fffe",
        "2001:db8::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_is_public__address_of_a_special_purpose__is_not(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "1.1.1.1", "172.32.0.1", "::ffff:8.8.8.8", "2606:4700::1111"]
)
def test_is_public__address_anybody_can_reach__is(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0",
        "3232235777",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[fe80::1]",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_target__host_leads_inside__is_refused_with_where_it_leads(scheme: str, host: str) -> None:
    with pytest.raises(AddressRefused, match="is not a public address") as refusal:
        target_of(f"{scheme}://{host}/hook", allow_private=False)

    assert refusal.value.field == "url"


def test_target__name_of_this_machine__is_refused() -> None:
    name = socket.gethostname()
    try:
        socket.getaddrinfo(name, 80)
    except OSError:
        pytest.skip("this machine's own name does not resolve")

    with pytest.raises(AddressRefused, match="is not a public address"):
        target_of(f"http://{name}:8000/", allow_private=False)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "scheme"),
        ("ftp://93.184.216.34/", "scheme 'ftp'"),
        ("file:///etc/passwd", "scheme 'file'"),
        ("gopher://93.184.216.34/", "scheme 'gopher'"),
        ("//93.184.216.34/", "scheme ''"),
        ("93.184.216.34/hook", "scheme ''"),
        ("http:///hook", "has a host"),
        ("http://user@93.184.216.34/", "no name or password"),
        ("http://user:secret@93.184.216.34/", "no name or password"),
        ("http://93.184.216.34:0/", "a port other than 0"),
        ("http://93.184.216.34:99999/", "no address of a web server"),
        ("http://93.184.216.34:x/", "no address of a web server"),
        ("http://[::1/", "no address of a web server"),
        ("http://a..b/", "no address of a web server"),
        (f"http://{'a' * 64}.example/", "no address of a web server"),
        ("http://93.184.216.34/a b", "no address of a web server"),
        ("http://93.184.216.34/\r\nX: y", "no address of a web server"),
        ("http://93.184.216.34/\x00", "no address of a web server"),
        ("http://93.184.216.34/é", "other than ASCII"),
        (f"http://93.184.216.34/{'a' * 500}", "no address of a web server"),
        ("http://no-such-name.invalid/", "cannot be found"),
        ("http://127.0.0.1\\@93.184.216.34/", "no name or password"),
    ],
)
@pytest.mark.parametrize("allow_private", [False, True])
def test_target__is_no_plain_web_address__is_refused(
    url: str, reason: str, allow_private: bool
) -> None:
    with pytest.raises(AddressRefused, match=reason):
        target_of(url, allow_private=allow_private)


def test_target__public_address__is_the_one_to_connect_to() -> None:
    found = target_of("https://93.184.216.34:8443/a?b=c#d", allow_private=False)

    assert (found.address, found.port, found.path) == ("93.184.216.34", 8443, "/a?b=c")
    assert found.host_header == "93.184.216.34:8443"


def test_target__usual_port_and_no_path__are_filled_in() -> None:
    found = target_of("http://[2606:4700::1111]", allow_private=False)

    assert (found.port, found.path, found.host_header) == (80, "/", "[2606:4700::1111]")


def test_target__private_ones_allowed__is_taken() -> None:
    assert target_of("http://localhost:8000/", allow_private=True).port == 8000
