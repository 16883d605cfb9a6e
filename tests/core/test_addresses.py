"""E-mail addresses: one spelling each, and nothing taken for an address that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.addresses import is_email, normalise_email


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("Malli.Mallinen@Example.COM", "malli.mallinen@example.com"),
        ("\u200b malli@example.com.\n", "malli@example.com"),
        ("malli@höpötys.example", "malli@xn--hptys-juab.example"),
        ("a\u0308iti@example.com", "äiti@example.com"),
        ("ÄITI@example.com", "äiti@example.com"),
        ("malli@xn--hptys-juab.example", "malli@xn--hptys-juab.example"),
        ("Ei Osoite", "ei osoite"),
    ],
)
def test_an_address_has_one_spelling(written: str, spelt: str) -> None:
    assert normalise_email(written) == spelt


@pytest.mark.parametrize(
    "twin", ["\u017fmith@example.com", "\u212aalle@example.com", "stra\u00dfe@example.com"]
)
def test_a_foreign_letter_never_becomes_a_plain_one(twin: str) -> None:
    """Otherwise whoever registers the look-alike mailbox would pass for the customer."""
    assert not normalise_email(twin).isascii()


@pytest.mark.parametrize(
    "text",
    [
        "malli@example.com",
        "o'malli+verkko_kauppa@mail.example.org",
        "äiti@höpötys.example",
        "a@b.fi",
        "malli@example.xn--p1ai",
    ],
)
def test_an_address_is_taken(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "malli",
        "malli@",
        "@example.com",
        "malli@localhost",
        "malli@example..com",
        ".malli@example.com",
        "malli.@example.com",
        "ma..lli@example.com",
        "malli mallinen@example.com",
        "malli@-example.com",
        "malli@192.0.2.1",
        "malli@[192.0.2.1]",
        '"malli"@example.com',
        "<malli@example.com>",
        "malli@example.com, toinen@example.com",
        "malli@toinen@example.com",
        "ma\u200blli@example.com",
        "ma\ud800lli@example.com",
        "x" * 65 + "@example.com",
        "x@" + "y" * 64 + ".com",
        "x@" + ".".join(["y" * 60] * 5) + ".com",
    ],
)
def test_what_is_no_address_is_not_taken(text: str) -> None:
    assert not is_email(text)


@given(st.text(max_size=300))
def test_any_text_can_be_asked_about(text: str) -> None:
    """No text breaks the questions, and an address spelt once is spelt for good."""
    spelt = normalise_email(text)
    if is_email(text):
        assert is_email(spelt)
        assert normalise_email(spelt) == spelt


@given(st.emails())
def test_addresses_of_the_standard_without_odd_domains_are_taken(address: str) -> None:
    """RFC 5322 dot-atoms are addresses, however odd their signs."""
    _, _, domain = address.rpartition("@")
    if domain.rpartition(".")[2].isalpha() and len(address) < 200:
        assert is_email(address)
