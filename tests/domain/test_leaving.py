"""What tells of the house is found in a sentence before that leaves; ordinary words of the trade are not taken for it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.leaving import of_the_house

NAMES = ("worker-1", "shop.example.org", "fd00::1", "nas", "home")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("login fails with password=hunter2secret", "what looks like a secret"),
        ("connect to 10.1.2.3: refused", "the address 10.1.2.3"),
        ("is (203.0.113.7:8443) an open resolver", "the address 203.0.113.7"),
        ("route 192.168.1.0/24 unreachable.", "the address 192.168.1.0"),
        ("dial tcp [fd00::1]:443", "the address fd00::1"),
        ("fd00::1: no route", "the address fd00::1"),
        ("neighbour fe80::1%eth0 stale", "the address fe80::1%eth0"),
        ("arp 52:54:00:12:34:56 flaps", "the address 52:54:00:12:34:56"),
        ("http://Printer.LAN:631/jobs answers 500", "`printer.lan`, a name of this house"),
        ("why does db.payments.svc not resolve?", "`db.payments.svc`, a name of this house"),
        ("lookup db.payments.svc.cluster.local", "`db.payments.svc.cluster.local`, a name of this house"),
        ("ann@router.home.arpa", "`router.home.arpa`, a name of this house"),
        ("node/worker-1 is NotReady", "`worker-1`, a name of this house"),
        ("Worker-1.example.net does not answer", "`worker-1.example.net`, a name of this house"),
        ("certificate of https://shop.example.org/cart expired", "`shop.example.org`, a name of this house"),
        ("www.shop.example.org", "`www.shop.example.org`, a name of this house"),
    ],
)
def test_what_tells_of_the_house_is_found(text: str, told: str) -> None:
    assert of_the_house(text, NAMES) == told


@pytest.mark.parametrize(
    "text",
    [
        "etcdserver: mvcc: database space exceeded",
        "kubernetes.io/docs CrashLoopBackOff exit code 137",
        "openssl 3.0.15 error:0A000086:SSL routines::certificate verify failed",
        "std::string at 12:30:45, cpu 1.5, resolv.conf, kernel 6.1.0-28",
        "dial tcp 127.0.0.1:6443 and [::1]:6443: connection refused; listens on 0.0.0.0",
        "home assistant on a nas: nfs stale handle",
        "not shop.example.organic, nor worker-12",
    ],
)
def test_words_of_the_trade_may_leave(text: str) -> None:
    assert of_the_house(text, NAMES) == ""


@given(st.text(max_size=60), st.ip_addresses(), st.text(max_size=60))
def test_no_address_passes_between_any_words(before: str, address: IPv4Address | IPv6Address, after: str) -> None:
    assert address.is_loopback or address.is_unspecified or of_the_house(f"{before} {address} {after}")
