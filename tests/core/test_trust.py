"""Hints about a sender: what receiving servers say, look-alike domains, addresses changed lately."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cases.model import Channel, Customer, Inbound
from cases.trust import Trust, looks_like, trust_of
from mailers.reading import read

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OURS = "mx.shop.example"


def unconfirmed(*results: str, trusted: tuple[str, ...] = (OURS,)) -> tuple[str, ...]:
    headers = "".join(f"Authentication-Results: {one}\r\n" for one in results)
    raw = f"From: a@example.com\r\nMessage-ID: <1@example.com>\r\n{headers}\r\nHei\r\n".encode()
    return read(
        raw, key="k", shop="s", own_address="t@shop.example", internal_date=NOW, trusted_servers=trusted
    ).unconfirmed


@pytest.mark.parametrize(
    ("results", "found"),
    [
        ((f"{OURS}; spf=pass smtp.mailfrom=example.com; dkim=pass header.d=example.com; dmarc=pass",), ()),
        (
            (
                f"{OURS};\r\n spf=softfail (no; really) smtp.mailfrom=x;\r\n dmarc=fail (p=NONE) header.from=x",
            ),
            ("spf_fail", "dmarc_fail"),
        ),
        ((f"{OURS} 1; dkim=fail reason=bad header.d=a; dkim=pass header.d=b",), ()),
        ((f"{OURS}; dkim=fail header.d=a",), ("dkim_fail",)),
        ((f"{OURS}; none",), ()),
        (("elsewhere.example; spf=fail; dmarc=fail",), ()),
        # What came along stands below what our server wrote.
        ((f"{OURS}; dmarc=fail", f"{OURS}; dmarc=pass"), ("dmarc_fail",)),
        ((f"{OURS.upper()}.; DMARC=FAIL",), ("dmarc_fail",)),
        (("", ";;;=", f"{OURS}", f"{OURS};=;spf=;(((" + "(" * 5000), ()),
    ],
)
def test_only_the_trusted_server_s_topmost_word_counts(
    results: tuple[str, ...], found: tuple[str, ...]
) -> None:
    assert unconfirmed(*results) == found


def test_without_a_trusted_server_nobody_s_word_counts() -> None:
    assert unconfirmed(f"{OURS}; dmarc=fail", trusted=()) == ()


@pytest.mark.parametrize(
    ("domain", "other", "alike"),
    [
        ("example.com", "example.com", False),
        ("exarnple.com", "example.com", True),
        ("examp1e.com", "example.com", True),
        ("exmaple.com", "example.com", True),
        ("example.co", "example.com", True),
        ("ex-ample.com", "example.com", True),
        ("xn--xample-9uf.com", "example.com", True),
        ("exámple.com", "example.com", True),
        ("vvork.example.org", "work.example.org", True),
        ("gmail.com", "hotmail.com", False),
        ("example.org", "example.com", False),
        ("a.fi", "b.fi", False),
        ("", "example.com", False),
    ],
)
def test_domains_that_look_alike(domain: str, other: str, alike: bool) -> None:
    assert looks_like(domain, other) is alike
    assert looks_like(other, domain) is alike


def inbound(peer: str, channel: Channel = Channel.EMAIL, *unconfirmed: str) -> Inbound:
    return Inbound("k", "liwigo", channel, peer, NOW, "Hei", unconfirmed=unconfirmed)


def test_what_is_told_of_a_sender() -> None:
    maija = Customer("C-1", email="Maija@Example.com")
    assert trust_of(inbound("maija@example.com"), maija, changed=False) == []
    assert trust_of(inbound("m@exarnple.com", Channel.EMAIL, "dmarc_fail"), maija, changed=True) == [
        Trust.DMARC_FAIL, Trust.SENDER_NOT_RECORDED, Trust.LOOKALIKE_DOMAIN, Trust.ADDRESS_CHANGED,
    ]  # fmt: skip
    assert trust_of(inbound("1001", Channel.CHAT), maija, changed=True) == [Trust.ADDRESS_CHANGED]
    assert trust_of(inbound("m@exarnple.com"), None, changed=False) == []
