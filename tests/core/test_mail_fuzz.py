"""Mails put together at random and real shapes damaged at random: whatever comes, the same things hold."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mailers.reading import twin_key
from tests.fuzz.properties import check, read_or_none
from tests.fuzz.seeds import HEADERS, MULTIPARTS, SHAPES, mail, part, seeds, whole

SEEDS = list(seeds())

CHARSETS = st.sampled_from(
    [
        "utf-8",
        "iso-8859-15",
        "windows-1252",
        "utf-7",
        "utf-16",
        "koi8-r",
        "big5",
        "x-unknown",
        "",
        "\x00",
        "ä",
    ]
)
ENCODINGS = st.sampled_from(
    ["7bit", "8bit", "binary", "base64", "quoted-printable", "uuencode", "x-what", ""]
)
NAMES = st.sampled_from([b"From", b"Sender", b"Return-Path", b"Subject", b"Message-ID", b"References", b"In-Reply-To",
                         b"Date", b"List-Id", b"Precedence", b"Content-Type", b"Content-Disposition", b"Received",
                         b"Auto-Submitted", b"Authentication-Results", b"X-Spam-Flag",
                         b"X-Failed-Recipients"])  # fmt: skip
VALUES = st.one_of(
    st.binary(max_size=120),
    st.text(max_size=60).map(lambda words: words.encode("utf-8", "surrogatepass")),
    st.sampled_from([b"=?utf-8?b?////?=", b"=?utf-16?q?=00?=", b"<>", b"<a@b>", b"a@b, c@d <e@f>", b'"', b"(" * 99,
                     b"=?utf-8?q?=0D=0ABcc:_x@example.com?= <a@example.com>", b"a@example.com\r\n folded",
                     b"<" + b"x" * 3000 + b"@example.com>", b"\xff\xfe", b"auto-replied; owner=x"]),
)  # fmt: skip


@st.composite
def entities(draw: st.DrawFn, depth: int = 0) -> bytes:
    if depth < 4 and draw(st.booleans()):
        inside = draw(st.lists(entities(depth + 1), max_size=3))
        return whole(
            draw(st.sampled_from(MULTIPARTS)), inside, draw(st.sampled_from(["raja", "b", "", " ", "ä"]))
        )
    if draw(st.booleans()):
        return part(*draw(st.sampled_from(SHAPES)))
    kind = draw(
        st.sampled_from(["text/plain", "text/html", "text/", "/", "message/rfc822", "message/partial", "x"])
    )
    return part(f"{kind}; charset={draw(CHARSETS)}", draw(ENCODINGS), draw(st.binary(max_size=300)))


@st.composite
def mails(draw: st.DrawFn) -> bytes:
    extra = [draw(NAMES) + b": " + draw(VALUES) for _ in range(draw(st.integers(0, 5)))]
    extra += draw(st.lists(st.sampled_from(HEADERS), max_size=2))
    return b"".join(line + b"\r\n" for line in extra) + mail(draw(entities()))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real shape with pieces cut, doubled, swapped or overwritten."""
    raw = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(raw) - 1, 0)))
        length = draw(st.integers(0, 60))
        how = draw(st.integers(0, 3))
        if how == 0:
            del raw[at : at + length]
        elif how == 1:
            raw[at:at] = raw[at : at + length] * draw(st.integers(1, 20))
        elif how == 2:
            raw[at : at + length] = draw(st.binary(max_size=20))
        else:
            lines = bytes(raw).split(b"\n")
            i, j = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
            lines[i], lines[j] = lines[j], lines[i]
            raw = bytearray(b"\n".join(lines))
    return bytes(raw)


HARD = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


@HARD
@given(mails())
def test_whatever_is_put_together_is_read_or_refused(raw: bytes) -> None:
    check(raw)


@HARD
@given(damaged())
def test_whatever_is_damaged_is_read_or_refused(raw: bytes) -> None:
    check(raw)


@HARD
@given(st.binary(max_size=2000))
def test_bytes_of_any_kind_are_read_or_refused(raw: bytes) -> None:
    check(raw)


def test_every_shape_holds() -> None:
    for raw in SEEDS:
        check(raw)
        assert read_or_none(raw) is not None


@HARD
@given(damaged())
def test_a_server_that_adds_its_line_does_not_make_another_mail_of_it(raw: bytes) -> None:
    # What begins with an empty or a folded line has no headers to add to.
    assume(raw[:1].strip())
    assert twin_key("shop", b"Received: from a by b; Mon, 23 Nov 2026 09:00:00 +0200\r\n" + raw) == twin_key(
        "shop", raw
    )


@HARD
@given(mails())
def test_what_says_that_a_machine_sent_it_is_never_taken_for_a_person_s(raw: bytes) -> None:
    said = read_or_none(b"Auto-Submitted: auto-replied\r\n" + raw)
    assert said is None or (said.automated and not said.perhaps_automated)
